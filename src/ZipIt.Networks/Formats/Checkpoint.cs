using System.Buffers.Binary;

namespace ZipIt.Networks;

/// <summary>Reads the weights of a trained network from a file of any supported format, and writes them.</summary>
public static class Checkpoint
{
    /// <summary>
    /// Reads a checkpoint. The format is told by the file's content, not by its name: PyTorch (<see cref="PyTorchCheckpoint"/>),
    /// safetensors (<see cref="SafeTensors"/>) or TorchSharp (<see cref="TorchSharpFile"/>).
    /// </summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="entry">
    /// Which weights, where the file holds several: the name of their dictionary, e.g. <c>ema</c> or, inside another, <c>ema/module</c>; or what the names of
    /// the tensors begin with, e.g. <c>teacher</c>. Null for the only ones.
    /// </param>
    /// <returns>
    /// The tensors, all finite, without wrapper prefixes such as <c>module.</c>; the masks of <c>torch.nn.utils.prune</c> are applied.
    /// </returns>
    /// <exception cref="InvalidDataException">
    /// The file is of no supported format, is damaged, holds no weights or several, or holds values that are not finite numbers; the
    /// message names the file and the entry, offset or tensor, and says what to do.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StateDictionary Load(string path, string? entry = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, path, entry);
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="stream">The file, from its beginning; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <param name="entry">Which weights, where the file holds several.</param>
    /// <exception cref="InvalidDataException">See <see cref="Load(string, string)"/>.</exception>
    public static StateDictionary Load(Stream stream, string source, string? entry = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> start = stackalloc byte[Math.Max(ForeignFile.StartLength, TorchSharpFile.StartLength)];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        if (start.IsEmpty)
            throw new InvalidDataException($"'{source}' is empty.");

        StateDictionary weights;
        if (TorchSharpFile.IsLikely(start))
            weights = TorchSharpFile.Load(stream, source).WithoutWrapperPrefixes().Choose(entry); // a number of tensors can look like the mark of a pickle, not the other way round
        else if (IsPyTorch(start))
            weights = PyTorchCheckpoint.Load(stream, source, entry);
        else if (IsSafeTensors(start, stream.Length))
            weights = SafeTensors.Load(stream, source).WithoutWrapperPrefixes().Choose(entry);
        else
            throw new InvalidDataException($"'{source}' {ForeignFile.Describe(start)}");
        weights = PrunedWeights.Apply(weights);
        weights.CheckFinite();
        return weights;
    }

    /// <summary>
    /// Writes weights in the format that the file's name asks for: <c>.safetensors</c>, or TorchSharp's <c>.dat</c>. An existing file is replaced only when the
    /// new one is complete.
    /// </summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="weights">The weights, e.g. those of a network (<see cref="StateDictionary.FromNetwork"/>). Metadata is written to safetensors files;
    /// TorchSharp's have no place for it.</param>
    /// <exception cref="ArgumentException">The name has another extension.</exception>
    public static void Save(string path, StateDictionary weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(weights);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension == ".safetensors")
            SafeTensors.Save(path, weights, weights.Metadata);
        else if (extension == ".dat")
            TorchSharpFile.Save(path, weights);
        else
            throw new ArgumentException($"Expected a file name with the extension .safetensors or .dat, found '{path}'.", nameof(path));
    }

    private static bool IsPyTorch(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK\x03\x04"u8) || start.Length >= 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5;

    private static bool IsSafeTensors(ReadOnlySpan<byte> start, long fileLength) =>
        start.Length >= 9 && start[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)fileLength;
}
