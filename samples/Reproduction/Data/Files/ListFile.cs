using System.Globalization;
using System.Text;

namespace Reproduction.Data;

/// <summary>A list in a text file, with a line for each entry.</summary>
internal static class ListFile
{
    private const long MostBytes = 256L << 20;

    /// <summary>Reads the lines that are not empty.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is too large.</exception>
    public static IEnumerable<Line> ReadLines(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException($"'{path}' is larger than {MostBytes >> 20} MiB, too large for a list.");
        int number = 0;
        foreach (string text in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(text))
                yield return new Line(path, number, text.Trim());
        }
    }

    /// <summary>Reads lines of a name and a value, a space between them, each name once.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="value">What the value is, for messages.</param>
    /// <exception cref="InvalidDataException">A line is not as expected; the message names it.</exception>
    public static Dictionary<string, (string Value, Line Line)> ReadPairs(string path, string value)
    {
        var pairs = new Dictionary<string, (string, Line)>();
        foreach (Line line in ReadLines(path))
        {
            if (line.Text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is not [var name, var rest])
                throw line.Fail($"expected a number and {value} behind it, found '{line.Text}'");
            if (!pairs.TryAdd(name, (rest.Trim(), line)))
                throw line.Fail($"'{name}' is there a second time");
        }

        return pairs;
    }

    /// <summary>A line of a list.</summary>
    /// <param name="Path">Path of the file.</param>
    /// <param name="Number">Number of the line, from 1.</param>
    /// <param name="Text">What it says.</param>
    public readonly record struct Line(string Path, int Number, string Text)
    {
        /// <summary>Where it is, for messages.</summary>
        public string Place => $"'{Path}', line {Number}";

        /// <summary>Reads a cell that is a number.</summary>
        /// <exception cref="InvalidDataException">It is none of the range.</exception>
        public int ReadNumber(string cell, int least, int most, string what) =>
            int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
                ? number
                : throw Fail($"expected {what} of {least} … {most}, found '{cell}'");

        /// <summary>What is thrown for the line.</summary>
        public InvalidDataException Fail(string message) => new($"{Place}: {message}.");
    }
}
