using System.IO.Compression;
using System.Text;

namespace ZipIt.Reproduction.Tests;

/// <summary>Writes files of MATLAB's version 5 with the kinds of variables that lists of images have.</summary>
internal static class MatWriter
{
    private const int Compressed = 15;
    private const int Matrix = 14;

    /// <summary>Writes a list of images and their classes, and a cell array of numbers, which no reader needs.</summary>
    public static void Write(string path, IReadOnlyList<string> files, IReadOnlyList<double> labels, bool isCompressed, bool isWide = false)
    {
        using FileStream stream = File.Create(path);
        stream.Write(Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, written by a test".PadRight(124)));
        stream.Write([0x00, 0x01, (byte)'I', (byte)'M']);
        byte[] cells = [.. files.SelectMany(file => Array(4, [1, file.Length], "", isWide ? Element(4, Encoding.Unicode.GetBytes(file)) : Element(16, Encoding.UTF8.GetBytes(file))))];
        byte[] bytes = labels.All(label => label is >= 0 and < 256 && double.IsInteger(label))
            ? Element(2, [.. labels.Select(label => (byte)label)])
            : Element(9, [.. labels.SelectMany(BitConverter.GetBytes)]);
        byte[][] variables =
        [
            Array(1, [files.Count, 1], "file_list", cells),
            Array(1, [1, 1], "annotation_list", Array(6, [1, 1], "", Element(2, [7]))),
            Array(6, [labels.Count, 1], "labels", bytes),
        ];
        foreach (byte[] variable in variables)
            stream.Write(isCompressed ? Compress(variable) : variable);
    }

    private static byte[] Compress(byte[] variable)
    {
        using var data = new MemoryStream();
        using (var stream = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(variable);
        return [.. BitConverter.GetBytes(Compressed), .. BitConverter.GetBytes((int)data.Length), .. data.ToArray()];
    }

    private static byte[] Array(int kind, int[] extents, string name, byte[] data) => Element(Matrix,
        [.. Element(6, [(byte)kind, 0, 0, 0, 0, 0, 0, 0]), .. Element(5, [.. extents.SelectMany(BitConverter.GetBytes)]), .. Element(1, Encoding.ASCII.GetBytes(name)), .. data]);

    /// <summary>An element: up to four bytes share the eight of its head; a matrix never does.</summary>
    private static byte[] Element(int type, byte[] data) => data.Length is > 0 and <= 4 && type != Matrix
        ? [(byte)type, 0, (byte)data.Length, 0, .. data, .. new byte[4 - data.Length]]
        : [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(data.Length), .. data, .. new byte[(8 - data.Length % 8) % 8]];
}
