using System.Globalization;
using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>
/// Weights in files beside an ONNX file. A location is a relative path that stays inside the file's own folder; links are not followed, and no more is read
/// than the files hold.
/// </summary>
internal sealed class ExternalData
{
    private readonly string _source;
    private readonly string _folder;
    private readonly Dictionary<string, long> _lengths = new(StringComparer.Ordinal);
    private long _available;
    private long _read;

    /// <summary>Finds the folder.</summary>
    /// <param name="path">Path of the ONNX file.</param>
    public ExternalData(string path)
    {
        _source = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    }

    /// <summary>Reads the bytes of one tensor.</summary>
    /// <param name="tensor">The tensor, which says where they are.</param>
    /// <param name="name">Its name for messages.</param>
    /// <param name="size">Number of bytes that its shape and type need.</param>
    /// <exception cref="InvalidDataException">The place is outside the folder or the file, or holds another number of bytes.</exception>
    public byte[] Read(TensorProto tensor, string name, long size)
    {
        string? location = null;
        long offset = 0;
        long length = size;
        foreach (StringStringEntryProto entry in tensor.ExternalData)
        {
            switch (entry.Key)
            {
                case "location":
                    location = entry.Value;
                    break;
                case "offset":
                    offset = ParseNumber(entry.Value, name);
                    break;
                case "length":
                    length = ParseNumber(entry.Value, name);
                    break;
            }
        }

        string path = FindFile(location, name);
        if (length != size)
            throw Fail(name, $"needs {size} bytes, but {length} are declared");
        if (!_lengths.TryGetValue(path, out long available))
        {
            available = new FileInfo(path).Length;
            _lengths.Add(path, available);
            _available += available;
        }

        if (offset > available || size > available - offset)
            throw Fail(name, $"lies at bytes {offset} … {(decimal)offset + size} of '{NameList.Shorten(location!)}', which has {available}");
        if (size > Array.MaxLength || size > _available - _read)
            throw Fail(name, "overlaps other tensors, which together are larger than the files that hold them");
        if (size == 0)
            return [];
        _read += size;
        var bytes = new byte[size];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private long ParseNumber(string text, string name) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw Fail(name, $"has the place '{NameList.Shorten(text)}', which is no number of bytes");

    /// <summary>The file of a location, part by part, so that neither '..' nor a link on the way leads out of the folder.</summary>
    private string FindFile(string? location, string name)
    {
        if (string.IsNullOrEmpty(location))
            throw Fail(name, "does not say in which file it is");
        string[] parts = location.Split('/', '\\');
        if (parts.Any(part => part is ".." || part.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0 || part.Contains(':'))
            || location[0] is '/' or '\\' || Path.IsPathRooted(location))
        {
            throw Fail(name, $"names the file '{NameList.Shorten(location)}'; only files inside the folder of the ONNX file are read");
        }

        string path = _folder;
        foreach (string part in parts.Where(part => part is not ("" or ".")))
        {
            path = Path.Combine(path, part);
            FileAttributes attributes;
            try
            {
                attributes = File.GetAttributes(path);
            }
            catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
            {
                throw Fail(name, $"is in '{NameList.Shorten(location)}', which is not there", missing);
            }

            if ((attributes & FileAttributes.ReparsePoint) != 0)
                throw Fail(name, $"is in '{NameList.Shorten(location)}', which is a link; links are not followed");
        }

        return (File.GetAttributes(path) & (FileAttributes.Directory | FileAttributes.Device)) == 0
            ? path
            : throw Fail(name, $"is in '{NameList.Shorten(location)}', which is no file");
    }

    private InvalidDataException Fail(string name, string problem, Exception? cause = null) => new($"'{_source}', tensor '{name}' {problem}.", cause);
}
