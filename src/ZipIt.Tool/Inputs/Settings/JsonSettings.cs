using System.Text;
using System.Text.Json;

namespace ZipIt.Tool.Inputs;

/// <summary>Reads settings in JSON; comments and commas at the end of lists are allowed.</summary>
internal ref struct JsonSettings
{
    private readonly string _file;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly SettingsBudget _budget;
    private Utf8JsonReader _reader;
    private int _counted;
    private int _line = 1;

    private JsonSettings(ReadOnlySpan<byte> bytes, string file)
    {
        _bytes = bytes;
        (_file, _budget) = (file, new SettingsBudget(file));
        _reader = new Utf8JsonReader(bytes, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = 2 * SettingsBudget.MaximumDepth,
        });
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">It is no JSON, or holds too much; the message names file and line.</exception>
    public static SettingsMap Load(string path) => Read(SettingsBudget.ReadFile(path), path);

    /// <summary>Reads a text.</summary>
    /// <param name="bytes">The text in UTF-8.</param>
    /// <param name="file">Path of the file that it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">It is no JSON, or holds too much; the message names file and line.</exception>
    public static SettingsMap Read(ReadOnlySpan<byte> bytes, string file)
    {
        var settings = new JsonSettings(bytes.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes, file);
        try
        {
            settings._reader.Read();
            SettingsNode root = settings.ReadValue(1);
            while (settings._reader.Read())
            {
            }

            return root as SettingsMap ?? throw root.Place.Error($"expected keys and values in braces, found {root.Kind}.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{file}', line {(error.LineNumber ?? 0) + 1}: this is no JSON. {error.Message.Split(" LineNumber:")[0]}", error);
        }
        catch (InvalidOperationException error)
        {
            // A text that is no Unicode.
            throw settings.Place().Error($"this is no JSON. {error.Message}", error);
        }
    }

    private SettingsNode ReadValue(int depth)
    {
        SettingsPlace place = Place();
        _budget.Take(place.Line, depth);
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<(string, SettingsPlace, SettingsNode)>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
                {
                    (string key, SettingsPlace keyPlace) = (_reader.GetString()!, Place());
                    _reader.Read();
                    entries.Add((key, keyPlace, ReadValue(depth + 1)));
                }

                return new SettingsMap(place, entries);
            case JsonTokenType.StartArray:
                var items = new List<SettingsNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadValue(depth + 1));
                return new SettingsList(place, items);
            case JsonTokenType.String:
                return new SettingsText(place, _reader.GetString());
            case JsonTokenType.Null:
                return new SettingsText(place, null);
            default:
                return new SettingsText(place, Encoding.UTF8.GetString(_reader.ValueSpan));
        }
    }

    /// <summary>Where the reader is: lines are counted once, on the way.</summary>
    private SettingsPlace Place()
    {
        int end = (int)_reader.TokenStartIndex;
        if (end > _counted)
        {
            _line += _bytes[_counted..end].Count((byte)'\n');
            _counted = end;
        }

        return new SettingsPlace(_file, _line);
    }
}
