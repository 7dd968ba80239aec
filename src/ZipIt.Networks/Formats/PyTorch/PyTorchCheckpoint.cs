using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// Reads the files that PyTorch's <c>torch.save(module.state_dict(), path)</c> writes (<c>.pt</c>, <c>.pth</c>): the zip container of
/// PyTorch 1.6 and later, and the older form of pickles with the storages behind them. A file is hostile until checked: nothing in it is
/// executed, and nothing is allocated that its size does not justify.
/// </summary>
/// <remarks>
/// The dictionary of weights is found inside others (<c>state_dict</c>, <c>ema</c>, <c>model</c> and what else scripts call it). What stands beside it, such as
/// optimizers, arguments and numbers of NumPy, is passed over. The prefixes of <c>DataParallel</c>, <c>torch.compile</c> and Lightning are taken off. All
/// element types become 32-bit floats; views, strides and shared storages are resolved.
/// </remarks>
public static class PyTorchCheckpoint
{
    /// <summary>Refused beyond: a file that grows by more than this factor when it is unpacked is no trained network.</summary>
    private const int LargestExpansion = 16;

    private const int Slack = 1 << 20;

    /// <summary>Bytes that are converted at once; a multiple of every element's size.</summary>
    private const int ChunkLength = 1 << 16;

    private static readonly PickleText ByteOrderOfMachine = new("little_endian");
    private static readonly BigInteger LegacyMagic = BigInteger.Parse("119547037146038801333356");

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="entry">Which weights, where the file holds several; see <see cref="Checkpoint.Load(string, string)"/>.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no such checkpoint, is damaged, or holds no weights or several; the message names the file and the entry, offset or tensor.
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
        try
        {
            Span<byte> magic = stackalloc byte[4];
            int length = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            stream.Position = 0;
            return length == 4 && magic.SequenceEqual("PK\x03\x04"u8) ? LoadZip(stream, source, entry) : LoadLegacy(stream, source, entry);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{source}' ends too early; the file is damaged.");
        }
    }

    private static StateDictionary LoadZip(Stream stream, string source, string? asked)
    {
        ZipDirectory.CheckLength(stream, source);
        var budget = new ReadingBudget(source, stream.Length);
        using ZipArchive archive = OpenArchive(stream, source);
        Dictionary<string, ZipArchiveEntry> entries = ListEntries(archive, stream.Length, source);
        List<string> pickles = [.. entries.Keys.Where(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal))];
        if (pickles.Count != 1)
        {
            throw new InvalidDataException($"'{source}' is a zip archive but no PyTorch checkpoint: expected one entry 'data.pkl', found {pickles.Count}."
                + ForeignFile.DescribeArchive(entries.Keys));
        }

        string root = pickles[0][..^"data.pkl".Length];
        if (entries.ContainsKey(root + "constants.pkl"))
        {
            throw new InvalidDataException($"'{source}' is a TorchScript archive, which holds a program and is not executed. Load it with torch.jit.load, and save its "
                + "state_dict() with torch.save.");
        }

        if (entries.TryGetValue(root + "byteorder", out ZipArchiveEntry? byteOrder)
            && ReadEntry(byteOrder, 16, source) is var order && !order.AsSpan().SequenceEqual("little"u8))
        {
            throw new InvalidDataException($"'{source}', entry '{NameList.Shorten(byteOrder.FullName)}': expected the byte order 'little', found "
                + $"'{NameList.Shorten(Encoding.Latin1.GetString(order))}'.");
        }

        byte[] pickle = ReadEntry(entries[pickles[0]], PickleReader.MaximumLength, source);
        string place = $"'{source}', entry '{NameList.Shorten(pickles[0])}'";
        object? value = new PickleReader(new MemoryStream(pickle, writable: false), place, budget).Read();
        (PickleDictionary dictionary, bool isAsked) = WeightDictionaries.Choose(value, asked, place, source, budget);
        StateDictionary weights = Materialize(dictionary, source, stream.Length, budget, (storage, receive) =>
        {
            string name = $"{root}data/{storage.Key.Value}";
            if (!entries.TryGetValue(name, out ZipArchiveEntry? entry))
                throw new InvalidDataException($"'{source}' has no entry '{NameList.Shorten(name)}' for a storage of {storage.ByteLength} bytes.");
            if (entry.Length != storage.ByteLength)
            {
                throw new InvalidDataException($"'{source}', entry '{NameList.Shorten(name)}': expected a storage of "
                    + $"{storage.ByteLength} bytes, found {entry.Length}.");
            }

            ReadEntry(entry, source, receive);
        });
        return isAsked ? weights : weights.Choose(asked);
    }

    private static ZipArchive OpenArchive(Stream stream, string source)
    {
        try
        {
            var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            _ = archive.Entries.Count;
            return archive;
        }
        catch (Exception exception) when (FileDamage.IsCause(exception))
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
        if (entry.Length > limit)
            throw new InvalidDataException($"'{source}', entry '{NameList.Shorten(entry.FullName)}': expected at most {limit} bytes, found {entry.Length}.");
        var bytes = new byte[entry.Length];
        int position = 0;
        ReadEntry(entry, source, chunk =>
        {
            chunk.CopyTo(bytes.AsSpan(position));
            position += chunk.Length;
        });
        return bytes;
    }

    /// <summary>Reads an entry piece by piece, and checks its length and its checksum.</summary>
    private static void ReadEntry(ZipArchiveEntry entry, string source, ReceiveBytes receive)
    {
        string place = $"'{source}', entry '{NameList.Shorten(entry.FullName)}'";
        uint checksum = 0;
        try
        {
            using Stream content = entry.Open();
            Copy(content, entry.Length, chunk =>
            {
                checksum = Crc32.Append(checksum, chunk);
                receive(chunk);
            });
        }
        catch (Exception exception) when (FileDamage.IsCause(exception))
        {
            throw new InvalidDataException($"{place} cannot be read; the file is damaged or incomplete. {exception.Message}", exception);
        }

        if (checksum != entry.Crc32)
        {
            throw new InvalidDataException($"{place}: expected the checksum {entry.Crc32:x8}, found {checksum:x8}; the file is damaged, "
                + "or was saved with checksums switched off.");
        }
    }

    private static void Copy(Stream stream, long length, ReceiveBytes receive)
    {
        var chunk = new byte[(int)Math.Min(length, ChunkLength)];
        for (long done = 0; done < length;)
        {
            Span<byte> piece = chunk.AsSpan(0, (int)Math.Min(length - done, ChunkLength));
            stream.ReadExactly(piece);
            receive(piece);
            done += piece.Length;
        }
    }

    /*
     * PyTorch before 1.6: five pickles (magic number, protocol 1001, properties of the writing machine, the value, the keys of its storages),
     * then for each key, in that order, its number of elements (int64) and its elements.
     */
    private static StateDictionary LoadLegacy(Stream stream, string source, string? asked)
    {
        var budget = new ReadingBudget(source, stream.Length);
        object? ReadPickle(string name) => BeginPickle(name).Read();
        PickleReader BeginPickle(string name) => new(stream, $"'{source}', {name} pickle at byte {stream.Position}", budget);

        if (ReadPickle("first") is not BigInteger magic || magic != LegacyMagic)
            throw new InvalidDataException($"'{source}' is a pickle, but not one that torch.save wrote.");
        if (ReadPickle("second") is not 1001L)
            throw new InvalidDataException($"'{source}' is written in a version of PyTorch's format that is not supported; expected 1001.");
        if (ReadPickle("third") is not PickleDictionary machine || machine.Find(ByteOrderOfMachine) is not true)
            throw new InvalidDataException($"'{source}' was written on a big-endian machine, which is not supported.");
        string place = $"'{source}', fourth pickle at byte {stream.Position}";
        PickleReader reader = BeginPickle("fourth");
        (PickleDictionary dictionary, bool isAsked) = WeightDictionaries.Choose(reader.Read(), asked, place, source, budget);
        if (ReadPickle("fifth") is not List<object?> keys || keys.Any(key => key is not PickleText))
            throw new InvalidDataException($"'{source}': expected the list of storages behind the tensors.");

        // Element sizes are written in references only, also of tensors that are of no interest, so the storages are found one after the other.
        IReadOnlyDictionary<PickleText, StorageReference> references = reader.Storages;
        var positions = new Dictionary<PickleText, long>();
        Span<byte> count = stackalloc byte[8];
        foreach (PickleText key in keys.Cast<PickleText>())
        {
            string name = NameList.Shorten(key.Value);
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

        StateDictionary weights = Materialize(dictionary, source, stream.Length, budget, (storage, receive) =>
        {
            if (!positions.TryGetValue(storage.Key, out long position) || references[storage.Key] != storage)
                throw new InvalidDataException($"'{source}' has no storage '{NameList.Shorten(storage.Key.Value)}' of {storage.Count} elements.");
            stream.Position = position;
            Copy(stream, storage.ByteLength, receive);
        });
        return isAsked ? weights : weights.Choose(asked);
    }

    private static StateDictionary Materialize(PickleDictionary dictionary, string source, long fileLength, ReadingBudget budget, ReadStorage read)
    {
        var references = new List<(string Name, TensorReference Tensor)>();
        var unreadable = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((PickleText name, object? value) in dictionary.Entries)
        {
            if (value is TensorReference tensor)
                references.Add((name.Value, tensor));
            else if (FindUnreadable(value) is { } kind)
                unreadable.Add(name.Value, kind);
        }

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

        // Every storage is read and converted once for each type that its views have, which is one.
        var tensors = new Dictionary<TensorReference, Tensor>(ReferenceEqualityComparer.Instance);
        IEnumerable<TensorReference> allViews = references.Select(reference => reference.Tensor).Distinct<TensorReference>(ReferenceEqualityComparer.Instance);
        foreach (IGrouping<(StorageReference Storage, ElementType Elements), TensorReference> views in allViews.GroupBy(view => (view.Storage, view.Elements)))
            Materialize(views.Key.Storage, views.Key.Elements, [.. views], budget, read, tensors);

        IEnumerable<KeyValuePair<string, Tensor>> named = references.Select(reference => KeyValuePair.Create(reference.Name, tensors[reference.Tensor]));
        return new StateDictionary(source, named, null, unreadable).WithoutWrapperPrefixes();
    }

    /// <summary>What an entry is if it stands for a tensor that cannot be read. Quantized layers keep weight and bias together in a tuple.</summary>
    private static string? FindUnreadable(object? value) => value switch
    {
        PickleOpaque opaque => opaque.TensorKind,
        object?[] parts => parts.OfType<PickleOpaque>().FirstOrDefault(part => part.TensorKind is not null)?.TensorKind,
        _ => null,
    };

    private static void Materialize(
        StorageReference storage, ElementType elements, TensorReference[] views, ReadingBudget budget, ReadStorage read,
        Dictionary<TensorReference, Tensor> tensors)
    {
        string what = $"storage '{NameList.Shorten(storage.Key.Value)}'";
        TensorReference[] filled = [.. views.Where(view => view.Count > 0)];
        long first = filled.Length == 0 ? 0 : filled.Min(view => view.Offset);
        long last = filled.Length == 0 ? 0 : filled.Max(view => view.Offset + view.Reach);
        budget.Take((last - first) * sizeof(float), what);
        Memory<float> values = ReadElements(storage, elements, first, last, read);
        foreach (TensorReference view in views)
        {
            if (view.IsContiguous && view.Count == values.Length && views.Length == 1)
            {
                tensors.Add(view, new Tensor(values, view.Shape));
                return;
            }

            budget.Take(view.Count * sizeof(float), what);
            var tensor = new Tensor(view.Shape);
            tensors.Add(view, tensor);
            if (tensor.Length == 0)
                continue;
            Span<float> reach = values.Span.Slice((int)(view.Offset - first), (int)view.Reach);
            if (view.IsContiguous)
                reach.CopyTo(tensor.Span);
            else
                Gather(reach, view, tensor.Span);
        }

        budget.Return((last - first) * sizeof(float));
    }

    /// <summary>Reads a whole storage, so that its checksum is checked, and converts the elements from the first up to, not including, the last.</summary>
    private static Memory<float> ReadElements(StorageReference storage, ElementType elements, long first, long last, ReadStorage read)
    {
        if (last - first > Array.MaxLength)
            throw new InvalidDataException($"Storage '{NameList.Shorten(storage.Key.Value)}' has more than {Array.MaxLength} elements.");
        Memory<float> values = AlignedBuffer.AllocateMemory((int)(last - first));
        int size = elements.Size();
        long position = 0; // in bytes; chunks begin and end between elements
        read(storage, chunk =>
        {
            long from = Math.Max(position / size, first);
            long to = Math.Min((position + chunk.Length) / size, last);
            if (from < to)
                elements.ToFloats(chunk.Slice((int)(from * size - position), (int)((to - from) * size)),
                    values.Span.Slice((int)(from - first), (int)(to - from)));
            position += chunk.Length;
        });
        return values;
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

    private delegate void ReceiveBytes(ReadOnlySpan<byte> bytes);

    /// <summary>Gives all bytes of a storage, piece by piece.</summary>
    private delegate void ReadStorage(StorageReference storage, ReceiveBytes receive);
}
