using System.Globalization;
using System.Text;

namespace ZipIt.Tool.HtmlReport;

/// <summary>
/// Writes elements of HTML and SVG. Whatever text it is given comes out as text: what could be markup is escaped, and characters that no document may hold, or
/// that turn the text around them, are replaced.
/// </summary>
/// <param name="writer">Receives the markup.</param>
internal sealed class MarkupWriter(TextWriter writer)
{
    private const char Replacement = '\uFFFD';

    private readonly Stack<string> _open = [];
    private int _ids;

    /// <summary>Begins an element, which ends when the result is disposed.</summary>
    /// <param name="name">Name of the element.</param>
    /// <param name="attributes">Its attributes; those with null are left out.</param>
    public Scope Open(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(name, attributes, ">");
        _open.Push(name);
        return new Scope(this);
    }

    /// <summary>Writes an element without content.</summary>
    public void Empty(string name, params ReadOnlySpan<(string Name, string? Value)> attributes) => WriteTag(name, attributes, "/>");

    /// <summary>Writes an element whose content is text.</summary>
    public void Element(string name, string text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(name, attributes, ">");
        Text(text);
        writer.Write($"</{name}>");
    }

    /// <summary>Writes text.</summary>
    public void Text(string text) => writer.Write(Escape(text));

    /// <summary>Writes what is markup already.</summary>
    public void Raw(string markup) => writer.Write(markup);

    /// <summary>Ends the line, so that the source can be read too.</summary>
    public void Line() => writer.Write('\n');

    /// <summary>A name that no other element of the document has.</summary>
    public string NextId() => $"id{++_ids}";

    /// <summary>A number as attributes have it, to a hundredth.</summary>
    public static string Number(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture) is var text && text == "-0" ? "0" : text;

    /// <summary>Text as it stands in an element or a quoted attribute.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            switch (letter)
            {
                case '&':
                    escaped.Append("&amp;");
                    break;
                case '<':
                    escaped.Append("&lt;");
                    break;
                case '>':
                    escaped.Append("&gt;");
                    break;
                case '"':
                    escaped.Append("&quot;");
                    break;
                case '\'':
                    escaped.Append("&#39;");
                    break;
                case var _ when char.IsHighSurrogate(letter) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]):
                    escaped.Append(letter).Append(text[++i]);
                    break;
                default:
                    escaped.Append(IsAllowed(letter) ? letter : Replacement);
                    break;
            }
        }

        return escaped.ToString();
    }

    private static bool IsAllowed(char letter) => letter switch
    {
        '\n' or '\t' => true,
        >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' => false, // turn the direction of what follows
        '\uFFFE' or '\uFFFF' => false,
        _ => !char.IsControl(letter) && !char.IsSurrogate(letter),
    };

    private void WriteTag(string name, ReadOnlySpan<(string Name, string? Value)> attributes, string end)
    {
        writer.Write($"<{name}");
        foreach ((string attribute, string? value) in attributes)
        {
            if (value is not null)
                writer.Write($" {attribute}=\"{Escape(value)}\"");
        }

        writer.Write(end);
    }

    private void Close() => writer.Write($"</{_open.Pop()}>");

    /// <summary>An element that is being written.</summary>
    /// <param name="markup">Where.</param>
    public readonly struct Scope(MarkupWriter markup) : IDisposable
    {
        /// <summary>Ends the element.</summary>
        public void Dispose() => markup.Close();
    }
}
