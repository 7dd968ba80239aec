using System.Text;

namespace ZipIt.Tool.Inputs;

/// <summary>Names of classes: from a file, one a line or as JSON, or from a command line.</summary>
internal static class LabelList
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file: one label a line, or a list in JSON. Empty lines at its end do not count.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">It is no text, or a line is empty; the message names it.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static string[] Load(string path)
    {
        byte[] bytes = SettingsBudget.ReadFile(path);
        string text;
        try
        {
            text = Utf8.GetString(bytes).TrimStart('\uFEFF').TrimEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"'{path}' is no text in UTF-8, with one label a line.", error);
        }

        if (text.StartsWith('['))
        {
            SettingsMap list = JsonSettings.Read(Encoding.UTF8.GetBytes($"{{\"labels\":{text}}}"), path);
            return list.FindTexts("labels") is { Length: > 0 } labels ? labels : throw new InvalidDataException($"'{path}' holds no labels.");
        }

        if (text.Contains('\0'))
            throw new InvalidDataException($"'{path}' is no text with one label a line.");
        string[] lines = [.. text.Split('\n').Select(line => line.TrimEnd('\r').Trim())];
        int empty = Array.IndexOf(lines, "");
        return empty < 0 ? lines : throw new InvalidDataException(lines.Length == 1 ? $"'{path}' holds no labels." : $"'{path}', line {empty + 1}: there is no label.");
    }

    /// <summary>Reads what stands on a command line: the path of a file, or labels with commas between them.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The labels, and the file that they come from, if any.</returns>
    /// <exception cref="InvalidDataException">See <see cref="Load"/>.</exception>
    public static (string[] Labels, string? File) Parse(string text)
    {
        if (File.Exists(text))
            return (Load(text), text);
        if (!text.Contains(',') && (text.Contains('/') || Path.GetExtension(text) is ".txt" or ".json"))
            throw new FileNotFoundException($"There is no file '{text}' of labels.", text);
        return (text.Split(',', StringSplitOptions.TrimEntries), null);
    }
}
