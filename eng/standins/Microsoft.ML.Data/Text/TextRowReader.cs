using System.Text;

namespace Microsoft.ML.Data;

/// <summary>Takes the lines of a text apart. Empty lines and lines that start with // or #@ are passed over.</summary>
internal sealed class TextRowReader(TextReader text, TextLoader.Options options)
{
    private const char Quote = '"';

    private readonly List<string> _fields = [];
    private readonly StringBuilder _field = new();

    /// <summary>The fields of the next row, null at the end.</summary>
    public string[] ReadRow()
    {
        while (text.ReadLine() is { } line)
        {
            if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal) || line.StartsWith("#@", StringComparison.Ordinal))
                continue;
            return Split(line);
        }
        return null;
    }

    private string[] Split(string line)
    {
        _fields.Clear();
        int at = 0;
        while (true)
        {
            _field.Clear();
            bool quoted = options.AllowQuoting && StartsQuoted(line, ref at);
            if (quoted)
                ReadQuoted(ref line, ref at);
            while (at < line.Length && !options.Separators.Contains(line[at]))
            {
                // What follows a closing quotation mark up to the separator is part of no field.
                if (!quoted)
                    _field.Append(line[at]);
                at++;
            }
            string field = _field.ToString();
            _fields.Add(options.TrimWhitespace && !quoted ? field.Trim() : field);
            if (at >= line.Length)
                return [.. _fields];
            at++;
        }
    }

    private bool StartsQuoted(string line, ref int at)
    {
        int first = at;
        while (options.TrimWhitespace && first < line.Length && line[first] == ' ')
            first++;
        if (first >= line.Length || line[first] != Quote)
            return false;
        at = first + 1;
        return true;
    }

    private void ReadQuoted(ref string line, ref int at)
    {
        while (true)
        {
            if (at >= line.Length)
            {
                if (!options.ReadMultilines || text.ReadLine() is not { } next)
                    return;
                _field.Append('\n');
                line = next;
                at = 0;
                continue;
            }
            char character = line[at++];
            bool escapes = character == options.EscapeChar && at < line.Length && line[at] == Quote;
            if (escapes)
                _field.Append(line[at++]);
            else if (character == Quote)
                return;
            else
                _field.Append(character);
        }
    }
}
