using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace ZipIt.Networks;

/// <summary>
/// Reads the files that PyTorch's <c>torch.save(module.state_dict(), path)</c> writes (<c>.pt</c>, <c>.pth</c>): the zip container of
/// PyTorch 1.6 and later, and the older form of pickles with the storages behind them. A file is hostile until checked: nothing in it is
/// executed, and nothing is allocated that its size does not justify.
/// </summary>
/// <remarks>
/// A dictionary inside the keys <c>state_dict</c>, <c>model_state_dict</c>, <c>model</c> or <c>net</c> is unwrapped, and the prefixes of
/// <c>DataParallel</c> and <c>torch.compile</c> are taken off. All element types become 32-bit floats; views, strides and shared storages
/// are resolved.
/// </remarks>
public static class PyTorchCheckpoint
{
    /// <summary>Refused beyond: a file that grows by more than this factor when it is unpacked is no trained network.</summary>
    private const int LargestExpansion = 16;

    private const int Slack = 1 << 20;

    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model", "net"];
    private static readonly BigInteger LegacyMagic = BigInteger.Parse("119547037146038801333356");

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no such checkpoint, is damaged, or asks for more than tensors and plain containers; the message names the file and the
    /// entry, offset or tensor.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StateDictionary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, path);
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="stream">The file, from its beginning; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <exception cref="InvalidDataException">See <see cref="Load(string)"/>.</exception>
    public static StateDictionary Load(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            Span<byte> magic = stackalloc byte[4];
            int length = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            stream.Position = 0;
            return length == 4 && magic.SequenceEqual("PK\x03\x04"u8) ? LoadZip(stream, source) : LoadLegacy(stream, source);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{source}' ends too early; the file is damaged.");
        }
    }

    private static StateDictionary LoadZip(Stream stream, string source)
    {
        using ZipArchive archive = OpenArchive(stream, source);
        Dictionary<string, ZipArchiveEntry> entries = ListEntries(archive, stream.Length, source);
        List<string> pickles = [.. entries.Keys.Where(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal))];
        if (pickles.Count != 1)
        {
            throw new InvalidDataException($"'{source}' is a zip archive but no PyTorch checkpoint: expected one entry 'data.pkl', found "
                + $"{pickles.Count}.");
        }

        string root = pickles[0][..^"data.pkl".Length];
        if (entries.ContainsKey(root + "constants.pkl"))
        {
            throw new InvalidDataException($"'{source}' is a TorchScript archive, which holds a program. Save the module's state_dict() "
                + "with torch.save instead.");
        }

        if (entries.TryGetValue(root + "byteorder", out ZipArchiveEntry? byteOrder)
            && ReadEntry(byteOrder, 16, source) is var order && !order.AsSpan().SequenceEqual("little"u8))
        {
            throw new InvalidDataException($"'{source}', entry '{NameList.Shorten(byteOrder.FullName)}': expected the byte order 'little', found "
                + $"'{NameList.Shorten(Encoding.Latin1.GetString(order))}'.");
        }

        byte[] pickle = ReadEntry(entries[pickles[0]], PickleReader.MaximumLength, source);
        object? value = new PickleReader(new MemoryStream(pickle, writable: false), $"'{source}', entry '{NameList.Shorten(pickles[0])}'").Read();
        return Materialize(value, source, stream.Length, storage =>
        {
            string name = $"{root}data/{storage.Key}";
            if (!entries.TryGetValue(name, out ZipArchiveEntry? entry))
                throw new InvalidDataException($"'{source}' has no entry '{NameList.Shorten(name)}' for a storage of {storage.ByteLength} bytes.");
            return entry.Length == storage.ByteLength
                ? ReadEntry(entry, Array.MaxLength, source)
                : throw new InvalidDataException($"'{source}', entry '{NameList.Shorten(name)}': expected a storage of "
                    + $"{storage.ByteLength} bytes, found {entry.Length}.");
        });
    }

    private static ZipArchive OpenArchive(Stream stream, string source)
    {
        try
        {
            var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            _ = archive.Entries.Count;
            return archive;
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new InvalidDataException($"'{source}' begins like a zip archive, but its directory cannot be read; the file is damaged "
                + $"or incomplete. {exception.Message}", exception);
        }
    }

    private static Dictionary<string, ZipArchiveEntry> ListEntries(ZipArchive archive, long fileLength, string source)
    {
        var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        long stored = 0, declared = 0;
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            string name = NameList.Shorten(entry.FullName);
            if (!entries.TryAdd(entry.FullName, entry))
                throw new InvalidDataException($"'{source}' has two entries '{name}'.");
            if (entry.IsEncrypted)
                throw new InvalidDataException($"'{source}', entry '{name}' is encrypted.");
            stored += Math.Min(entry.CompressedLength, fileLength + 1);
            if (entry.CompressedLength < 0 || entry.Length < 0 || stored > fileLength)
            {
                throw new InvalidDataException($"'{source}', entry '{name}': the entries up to here declare more bytes than the file has; "
                    + "the file is damaged.");
            }

            declared += Math.Min(entry.Length, long.MaxValue / 4);
            if (declared > LargestExpansion * fileLength + Slack)
            {
                throw new InvalidDataException($"'{source}', entry '{name}': the entries up to here unpack to {declared} bytes, far more "
                    + "than the file has; it is refused.");
            }
        }

        return entries;
    }

    private static byte[] ReadEntry(ZipArchiveEntry entry, int limit, string source)
    {
        string place = $"'{source}', entry '{NameList.Shorten(entry.FullName)}'";
        if (entry.Length > limit)
            throw new InvalidDataException($"{place}: expected at most {limit} bytes, found {entry.Length}.");
        var bytes = new byte[entry.Length];
        try
        {
            using Stream content = entry.Open();
            content.ReadExactly(bytes);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new InvalidDataException($"{place} cannot be read; the file is damaged or incomplete. {exception.Message}", exception);
        }

        uint checksum = Crc32.Compute(bytes);
        return checksum == entry.Crc32
            ? bytes
            : throw new InvalidDataException($"{place}: expected the checksum {entry.Crc32:x8}, found {checksum:x8}; the file is damaged, "
                + "or was saved with checksums switched off.");
    }

    /// <summary>What the zip reader throws at damaged files.</summary>
    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException;

    /*
     * PyTorch before 1.6: five pickles (magic number, protocol 1001, properties of the writing machine, the value, the keys of its storages),
     * then for each key, in that order, its number of elements (int64) and its elements.
     */
    private static StateDictionary LoadLegacy(Stream stream, string source)
    {
        object? ReadPickle(string name) => new PickleReader(stream, $"'{source}', {name} pickle at byte {stream.Position}").Read();

        if (ReadPickle("first") is not BigInteger magic || magic != LegacyMagic)
            throw new InvalidDataException($"'{source}' is a pickle, but not one that torch.save wrote.");
        if (ReadPickle("second") is not 1001L)
            throw new InvalidDataException($"'{source}' is written in a version of PyTorch's format that is not supported; expected 1001.");
        if (ReadPickle("third") is not PickleDictionary machine || machine.Find("little_endian") is not true)
            throw new InvalidDataException($"'{source}' was written on a big-endian machine, which is not supported.");
        object? value = ReadPickle("fourth");
        if (ReadPickle("fifth") is not List<object?> keys || keys.Any(key => key is not string))
            throw new InvalidDataException($"'{source}': expected the list of storages behind the tensors.");

        // Element sizes are written in the tensors' references only, so the storages are found one after the other.
        var references = new Dictionary<string, StorageReference>(StringComparer.Ordinal);
        foreach (TensorReference tensor in FindTensors(value))
            references.TryAdd(tensor.Storage.Key, tensor.Storage);
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        Span<byte> count = stackalloc byte[8];
        foreach (string key in keys.Cast<string>())
        {
            string name = NameList.Shorten(key);
            if (!references.TryGetValue(key, out StorageReference? storage))
                throw new InvalidDataException($"'{source}': storage '{name}' belongs to no tensor, so that its size is not known.");
            stream.ReadExactly(count);
            long found = BinaryPrimitives.ReadInt64LittleEndian(count);
            if (found != storage.Count)
            {
                throw new InvalidDataException($"'{source}', byte {stream.Position - 8}: expected storage '{name}' of {storage.Count} "
                    + $"elements, found {found}.");
            }

            if (storage.ByteLength > stream.Length - stream.Position)
                throw new InvalidDataException($"'{source}' ends inside storage '{name}'; the file is damaged.");
            if (!positions.TryAdd(key, stream.Position))
                throw new InvalidDataException($"'{source}' lists storage '{name}' twice.");
            stream.Position += storage.ByteLength;
        }

        return Materialize(value, source, stream.Length, storage =>
        {
            if (!positions.TryGetValue(storage.Key, out long position) || references[storage.Key] != storage)
                throw new InvalidDataException($"'{source}' has no storage '{NameList.Shorten(storage.Key)}' of {storage.Count} elements.");
            if (storage.ByteLength > Array.MaxLength)
                throw new InvalidDataException($"'{source}': storage '{NameList.Shorten(storage.Key)}' is larger than {Array.MaxLength} bytes.");
            var bytes = new byte[storage.ByteLength];
            stream.Position = position;
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    /// <summary>All tensors inside nested containers, each container once.</summary>
    private static IEnumerable<TensorReference> FindTensors(object? root)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object?>([root]);
        while (open.TryPop(out object? value))
        {
            if (value is TensorReference tensor)
            {
                yield return tensor;
                continue;
            }

            IEnumerable<object?> children = value switch
            {
                PickleDictionary dictionary => dictionary.Entries.Select(entry => entry.Value),
                List<object?> list => list,
                object?[] tuple => tuple,
                _ => [],
            };
            if (value is PickleDictionary or List<object?> or object?[] && !seen.Add(value))
                continue;
            foreach (object? child in children)
                open.Push(child);
        }
    }

    private static StateDictionary Materialize(object? value, string source, long fileLength, Func<StorageReference, byte[]> readStorage)
    {
        List<(string Name, TensorReference Tensor)> references = FindStateDictionary(value, source);

        // An expanded view (stride 0) can be far larger than its storage, so all tensors together have a limit, too.
        long bytes = 0;
        foreach ((string name, TensorReference tensor) in references)
        {
            bytes += tensor.Count * sizeof(float);
            if (bytes > LargestExpansion * fileLength + Slack)
            {
                throw new InvalidDataException($"'{source}': the tensors up to '{NameList.Shorten(name)}' "
                    + $"({Tensor.FormatShape(tensor.Shape)}) need {bytes} bytes, far more than the file has; it is refused.");
            }
        }

        var tensors = new Dictionary<TensorReference, Tensor>(ReferenceEqualityComparer.Instance);
        IEnumerable<TensorReference> allViews = references.Select(reference => reference.Tensor);
        foreach (IGrouping<StorageReference, TensorReference> views in allViews.GroupBy(view => view.Storage))
        {
            byte[] storage = readStorage(views.Key);
            foreach (TensorReference view in views)
            {
                if (!tensors.ContainsKey(view))
                    tensors.Add(view, Materialize(view, storage));
            }
        }

        IEnumerable<KeyValuePair<string, Tensor>> named = references.Select(reference => KeyValuePair.Create(reference.Name, tensors[reference.Tensor]));
        return new StateDictionary(source, named).WithoutWrapperPrefixes();
    }

    private static List<(string Name, TensorReference Tensor)> FindStateDictionary(object? value, string source)
    {
        const int MostWrappers = 4;
        for (int depth = 0; depth <= MostWrappers; depth++)
        {
            if (value is not PickleDictionary dictionary)
                throw new InvalidDataException($"'{source}' holds no dictionary of named tensors. Save the module's state_dict() with torch.save.");
            var tensors = new List<(string Name, TensorReference Tensor)>();
            foreach ((string name, object? entry) in dictionary.Entries)
            {
                if (entry is TensorReference tensor)
                    tensors.Add((name, tensor));
            }

            if (tensors.Count > 0)
                return tensors;
            string? wrapper = Array.Find(Wrappers, name => dictionary.Find(name) is PickleDictionary);
            if (wrapper is null)
            {
                List<string> keys = [.. dictionary.Entries.Select(entry => entry.Key)];
                throw new InvalidDataException($"'{source}' holds no tensors; it holds "
                    + $"{(keys.Count == 0 ? "an empty dictionary" : NameList.Format(keys))}.");
            }

            value = dictionary.Find(wrapper);
        }

        throw new InvalidDataException($"'{source}' wraps its tensors in more than {MostWrappers} dictionaries.");
    }

    private static Tensor Materialize(TensorReference view, byte[] storage)
    {
        var tensor = new Tensor(view.Shape);
        if (tensor.Length == 0)
            return tensor;
        int size = view.Elements.Size();
        ReadOnlySpan<byte> bytes = storage.AsSpan(checked((int)(view.Offset * size)), checked((int)(view.Reach * size)));
        if (view.IsContiguous)
        {
            view.Elements.ToFloats(bytes, tensor.Span);
            return tensor;
        }

        var elements = new float[view.Reach];
        view.Elements.ToFloats(bytes, elements);
        Gather(elements, view, tensor.Span);
        return tensor;
    }

    /// <summary>Walks over all indices like a mileage counter, the last dimension fastest.</summary>
    private static void Gather(ReadOnlySpan<float> elements, TensorReference view, Span<float> target)
    {
        Span<int> index = stackalloc int[view.Shape.Length];
        long position = 0;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = elements[(int)position];
            for (int d = index.Length - 1; d >= 0; d--)
            {
                position += view.Strides[d];
                if (++index[d] < view.Shape[d])
                    break;
                position -= view.Strides[d] * view.Shape[d];
                index[d] = 0;
            }
        }
    }
}
