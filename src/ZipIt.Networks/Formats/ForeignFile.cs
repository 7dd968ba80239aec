using System.Text;

namespace ZipIt.Networks;

/// <summary>Says what a file is that is no checkpoint, and what to do about it: whoever downloads models gets many things under a checkpoint's name.</summary>
internal static class ForeignFile
{
    /// <summary>Number of bytes that are looked at.</summary>
    public const int StartLength = 512;

    private const string Supported = "PyTorch (.pt, .pth), safetensors and TorchSharp (.dat) files are supported";
    private const string SaveAgain =
        "Load it with the library that wrote it, and save the weights as a PyTorch or safetensors file, or export the network to ONNX";

    /// <summary>What a file is, to be put behind its name.</summary>
    /// <param name="start">Its first bytes, up to <see cref="StartLength"/>.</param>
    public static string Describe(ReadOnlySpan<byte> start)
    {
        string text = Encoding.Latin1.GetString(start).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
            return "is a pointer of Git LFS and not the model itself, which was not downloaded. Fetch it with 'git lfs pull', or download the file itself.";
        if (text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase))
        {
            return "is a web page and not a model: the link leads to a page about the file, asks to log in, or is no longer valid. Download the file itself.";
        }

        if (StartsWith(start, 0x89, 'H', 'D', 'F'))
            return $"is an HDF5 file (Keras .h5, MATLAB). {SaveAgain}.";
        if (StartsWith(start, 0x93, 'N', 'U', 'M', 'P', 'Y'))
            return $"is an array of NumPy (.npy), not a checkpoint. Save the arrays by name with safetensors.numpy.save_file; {Supported}.";
        if (FindCompression(start) is { } compression)
            return $"is compressed ({compression}). Unpack it first; {Supported}.";
        if (start.Length > 262 && start[257..].StartsWith("ustar"u8))
            return $"is a tar archive. Unpack it first; {Supported}.";
        if (start.Length > 8 && start[4..].StartsWith("TFL3"u8))
            return $"is a TensorFlow Lite model. {SaveAgain}.";
        if (start.Length > 3 && start[0] == 0x08 && start[1] is > 0 and < 32 && start[2] is 0x12 or 0x3a)
            return "looks like an ONNX model: read it with OnnxNetwork.Load of ZipIt.Onnx.";
        if (text.StartsWith('{'))
        {
            return text.Contains("weight_map", StringComparison.Ordinal) || text.Contains("total_size", StringComparison.Ordinal)
                ? $"is the index of a checkpoint in several files (shards). Load it with the library that wrote it, and save all weights in one file; {Supported}."
                : $"is a JSON text, such as the description of a model, and holds no weights; {Supported}.";
        }

        return $"is no checkpoint of a known format; {Supported}. It begins with the bytes {Convert.ToHexString(start[..Math.Min(start.Length, 9)])}.";
    }

    /// <summary>What a zip archive is that is no checkpoint of PyTorch, with a space before it; empty if it is not known.</summary>
    public static string DescribeArchive(IReadOnlyCollection<string> entries)
    {
        bool Has(Func<string, bool> isIt) => entries.Any(isIt);
        if (entries.Count > 0 && entries.All(name => name.EndsWith(".npy", StringComparison.Ordinal)))
            return " It is an archive of NumPy (.npz): save the arrays by name with safetensors.numpy.save_file.";
        if (Has(name => name.EndsWith(".weights.h5", StringComparison.Ordinal)))
            return " It is a Keras model: export it to ONNX.";
        if (Has(name => name.EndsWith("constants.pkl", StringComparison.Ordinal)) || Has(name => name.Contains("/code/", StringComparison.Ordinal)))
            return " It is a TorchScript archive: load it with torch.jit.load, and save its state_dict() with torch.save.";
        if (Has(name => name.EndsWith("TransformerChain/Model.key", StringComparison.Ordinal) || name.StartsWith("TrainingInfo/", StringComparison.Ordinal)))
            return " It is a model of ML.NET: load it with mlContext.Model.Load.";
        string? inner = entries.FirstOrDefault(name => name.EndsWith(".pt", StringComparison.Ordinal) || name.EndsWith(".pth", StringComparison.Ordinal)
            || name.EndsWith(".safetensors", StringComparison.Ordinal));
        return inner is null ? "" : $" It holds '{NameList.Shorten(inner)}': unpack it first.";
    }

    private static string? FindCompression(ReadOnlySpan<byte> start) =>
        StartsWith(start, 0x1f, 0x8b) ? "gzip"
        : start.StartsWith("BZh"u8) ? "bzip2"
        : StartsWith(start, 0xfd, '7', 'z', 'X', 'Z') ? "xz"
        : StartsWith(start, 0x28, 0xb5, 0x2f, 0xfd) ? "zstd"
        : StartsWith(start, '7', 'z', 0xbc, 0xaf) ? "7z"
        : start.StartsWith("Rar!"u8) ? "rar"
        : null;

    private static bool StartsWith(ReadOnlySpan<byte> start, params ReadOnlySpan<int> bytes)
    {
        if (start.Length < bytes.Length)
            return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (start[i] != bytes[i])
                return false;
        }

        return true;
    }
}
