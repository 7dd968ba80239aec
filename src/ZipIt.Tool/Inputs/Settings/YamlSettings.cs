using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ZipIt.Tool.Inputs;

/// <summary>Reads settings in YAML: groups of keys, lists and values. Anchors, aliases, tags and several documents are refused: settings need none.</summary>
internal sealed class YamlSettings
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly string _file;
    private readonly SettingsBudget _budget;

    private YamlSettings(string text, string file)
    {
        _scanner = new Scanner(new StringReader(text), skipComments: true);
        (_parser, _file, _budget) = (new Parser(_scanner), file, new SettingsBudget(file));
    }

    /// <summary>Reads a file of YAML or JSON, told by its first character.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">It is neither, or holds too much; the message names file and line.</exception>
    public static SettingsMap Load(string path) => Read(SettingsBudget.ReadFile(path), path);

    /// <summary>Reads a text of YAML or JSON.</summary>
    /// <param name="bytes">The text in UTF-8.</param>
    /// <param name="file">Path of the file that it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">It is neither, or holds too much; the message names file and line.</exception>
    public static SettingsMap Read(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length > SettingsBudget.MaximumLength)
            throw new InvalidDataException($"'{file}' is larger than {SettingsBudget.MaximumLength >> 20} MiB.");
        string text;
        try
        {
            text = Utf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"'{file}' is no text in UTF-8.", error);
        }

        if (text.AsSpan().TrimStart().StartsWith("{"))
            return JsonSettings.Read(bytes, file);
        var settings = new YamlSettings(text, file);
        try
        {
            return settings.ReadDocument();
        }
        catch (YamlException error)
        {
            throw PlaceOf(error.Start).Error($"this is no YAML. {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // What the parser says of a bracket that is not closed, and of a type that is none.
            throw PlaceOf(settings._scanner.CurrentPosition).Error("this is no YAML.", error);
        }

        SettingsPlace PlaceOf(Mark mark) => new(file, (int)Math.Clamp(mark.Line, 1, int.MaxValue));
    }

    private SettingsMap ReadDocument()
    {
        Expect<StreamStart>();
        if (Next() is not DocumentStart)
            throw new InvalidDataException($"'{_file}' is empty.");
        _parser.MoveNext();
        SettingsNode root = ReadValue(1);
        Expect<DocumentEnd>();
        if (Next() is DocumentStart second)
            throw Place(second).Error("a second document begins; one is expected.");
        return root as SettingsMap ?? throw root.Place.Error($"expected lines of 'key: value', found {root.Kind}.");
    }

    private SettingsNode ReadValue(int depth)
    {
        ParsingEvent value = Next();
        SettingsPlace place = Place(value);
        _budget.Take(place.Line, depth);
        if (value is AnchorAlias)
            throw place.Error("references to other places (*name) are not supported.");
        if (value is NodeEvent { Anchor.IsEmpty: false })
            throw place.Error("names of places (&name) are not supported.");
        if (value is NodeEvent { Tag.IsEmpty: false } tagged && tagged.Tag.Value != "!")
            throw place.Error("types (!name) are not supported.");
        _parser.MoveNext();
        switch (value)
        {
            case Scalar scalar:
                bool isNothing = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";
                return new SettingsText(place, isNothing ? null : scalar.Value);
            case SequenceStart:
                var items = new List<SettingsNode>();
                while (Next() is not SequenceEnd)
                    items.Add(ReadValue(depth + 1));
                _parser.MoveNext();
                return new SettingsList(place, items);
            case MappingStart:
                var entries = new List<(string, SettingsPlace, SettingsNode)>();
                while (Next() is not MappingEnd)
                    entries.Add(ReadEntry(depth));
                _parser.MoveNext();
                return new SettingsMap(place, entries);
            default:
                throw place.Error("expected a value.");
        }
    }

    private (string Key, SettingsPlace Place, SettingsNode Value) ReadEntry(int depth)
    {
        SettingsNode key = ReadValue(depth + 1);
        return key is SettingsText { Value: { } name } ? (name, key.Place, ReadValue(depth + 1)) : throw key.Place.Error($"expected a key, found {key.Kind}.");
    }

    private ParsingEvent Next()
    {
        if (_parser.Current is null)
            _parser.MoveNext();
        return _parser.Current ?? throw new InvalidDataException($"'{_file}' ends too early.");
    }

    private void Expect<T>()
        where T : ParsingEvent
    {
        ParsingEvent found = Next();
        if (found is not T)
            throw Place(found).Error("the document does not end here.");
        _parser.MoveNext();
    }

    private SettingsPlace Place(ParsingEvent value) => new(_file, (int)Math.Clamp(value.Start.Line, 1, int.MaxValue));
}
