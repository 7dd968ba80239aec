using System.Text;

namespace ZipIt.Tool.Inputs;

/// <summary>A list of images in a text file: a line for each, with its path and perhaps its label, with tabs (<c>.tsv</c>, <c>.txt</c>) or commas (<c>.csv</c>)
/// between them.</summary>
internal static class ImageTable
{
    private const long MostBytes = 1L << 30;

    private static readonly string[] PathNames = ["path", "imagepath", "image", "file", "filename"];
    private static readonly string[] LabelNames = ["label", "class"];

    /// <summary>Whether a file is such a list, by its name.</summary>
    public static bool IsTable(string path) => Path.GetExtension(path).ToLowerInvariant() is ".tsv" or ".csv" or ".txt";

    /// <summary>Reads a list. A first line that names columns (path, label) says where they are; otherwise the path is first and the label second.</summary>
    /// <param name="path">Path of the file; paths in it are relative to its folder.</param>
    /// <param name="isLabelled">Whether every line needs a label.</param>
    /// <exception cref="InvalidDataException">A line is not as expected; the message names it.</exception>
    public static List<ImageFile> Load(string path, bool isLabelled)
    {
        using FileStream stream = File.OpenRead(path); // of a link, the file that it leads to
        if (stream.Length > MostBytes)
            throw new InvalidDataException($"'{path}' is larger than {MostBytes >> 20} MiB.");
        bool hasCommas = Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var images = new List<ImageFile>();
        (int pathColumn, int labelColumn) = (0, 1);
        int number = 0;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0)
                continue;
            string[] cells = hasCommas ? SplitCommas(line, path, number) : line.Split('\t');
            if (number == 1 && FindColumn(cells, PathNames) is >= 0 and var named)
            {
                (pathColumn, labelColumn) = (named, FindColumn(cells, LabelNames));
                continue;
            }

            string? file = Cell(cells, pathColumn), label = Cell(cells, labelColumn);
            if (string.IsNullOrWhiteSpace(file))
                throw new InvalidDataException($"'{path}', line {number}: there is no path of an image.");
            if (isLabelled && string.IsNullOrWhiteSpace(label))
                throw new InvalidDataException($"'{path}', line {number}: there is no label behind the path; expected path{(hasCommas ? "," : "<tab>")}label.");
            string full = Path.GetRelativePath(".", Path.Combine(folder, file.Trim()));
            if (!File.Exists(full))
                throw new FileNotFoundException($"'{path}', line {number}: there is no image '{full}'.", full);
            images.Add(new ImageFile { ImagePath = full, Label = label?.Trim() ?? "" });
        }

        return images;
    }

    private static string? Cell(string[] cells, int column) => column >= 0 && column < cells.Length ? cells[column] : null;

    private static int FindColumn(string[] cells, string[] names) => Array.FindIndex(cells, cell => names.Contains(cell.Trim().ToLowerInvariant()));

    /// <summary>Cells between commas; one in quotation marks may hold commas, and quotation marks twice.</summary>
    private static string[] SplitCommas(string line, string path, int number)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (isQuoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[i++]);
            else if (c == '"' && (isQuoted || cell.Length == 0))
                isQuoted = !isQuoted;
            else if (c == ',' && !isQuoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(c);
        }

        if (isQuoted)
            throw new InvalidDataException($"'{path}', line {number}: a quotation mark is not closed.");
        cells.Add(cell.ToString());
        return [.. cells];
    }
}
