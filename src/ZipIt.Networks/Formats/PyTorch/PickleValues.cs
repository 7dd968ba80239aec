namespace ZipIt.Networks;

/// <summary>A Python dictionary out of a pickle. Only entries with text keys are kept: no other can name a tensor of a network.</summary>
internal sealed class PickleDictionary
{
    private OrderedDictionary<PickleText, object?>? _entries;

    /// <summary>The entries in the order in which they were first set.</summary>
    public IEnumerable<KeyValuePair<PickleText, object?>> Entries => _entries ?? Enumerable.Empty<KeyValuePair<PickleText, object?>>();

    /// <summary>Sets an entry.</summary>
    /// <returns>Whether it is a new one.</returns>
    public bool Set(PickleText key, object? value)
    {
        _entries ??= [];
        int count = _entries.Count;
        _entries[key] = value;
        return _entries.Count > count;
    }

    public object? Find(PickleText key) => _entries is not null && _entries.TryGetValue(key, out object? value) ? value : null;
}

/// <summary>The few names of Python modules that a checkpoint may refer to.</summary>
internal enum PickleFunction
{
    OrderedDictionary,
    Size,
    Device,
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    RebuildSubclass,
}

/// <summary>
/// A class, function or object that is no part of a tensor: an optimizer, arguments of a script, numbers of NumPy. Only its name is known. It is never made or
/// called, and what the pickle does to it is forgotten.
/// </summary>
/// <param name="name">Name of the class or function, e.g. <c>argparse.Namespace</c>.</param>
/// <param name="offset">Where the pickle names it, in bytes.</param>
internal sealed class PickleOpaque(string name, long offset)
{
    public string Name => name;

    public long Offset => offset;

    /// <summary>What it is if it stands for a tensor whose values cannot be read, e.g. <c>a quantized tensor</c>; otherwise null.</summary>
    public string? TensorKind { get; init; }

    public override string ToString() => TensorKind ?? $"an object of '{name}'";
}

/// <summary>The Python class of a storage.</summary>
/// <param name="Elements">Type of the elements; null where tensors bring their own (untyped storage), and for types that cannot be read.</param>
/// <param name="Size">Size of an element in bytes; 1 for an untyped storage.</param>
/// <param name="Kind">What a tensor with such elements is if they cannot be read; otherwise null.</param>
internal sealed record StorageType(ElementType? Elements, int Size, string? Kind = null)
{
    public StorageType(ElementType elements)
        : this(elements, elements.Size())
    {
    }
}

/// <summary>The elements of one or more tensors, which stand outside the pickle.</summary>
/// <param name="Key">Name of the storage within the file.</param>
/// <param name="Type">Its class, with the type of its elements.</param>
/// <param name="Count">Number of elements; of bytes for an untyped storage.</param>
internal sealed record StorageReference(PickleText Key, StorageType Type, long Count)
{
    public long ByteLength => Count * Type.Size;
}

/// <summary>A view of a storage. All indices that it can reach were checked to lie inside the storage.</summary>
/// <param name="Storage">The elements.</param>
/// <param name="Elements">Type of the elements.</param>
/// <param name="Offset">Index of the first element.</param>
/// <param name="Shape">Extent of every dimension.</param>
/// <param name="Strides">Distance in elements between neighbours along every dimension.</param>
internal sealed record TensorReference(StorageReference Storage, ElementType Elements, long Offset, int[] Shape, long[] Strides)
{
    /// <summary>Number of elements of the tensor.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Number of elements of the storage from <see cref="Offset"/> to the last one that is used.</summary>
    public long Reach => Count == 0 ? 0 : 1 + Shape.Zip(Strides, (extent, stride) => (extent - 1) * stride).Sum();

    /// <summary>Whether the elements stand one after the other in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int d = Shape.Length - 1; d >= 0; d--)
            {
                if (Shape[d] != 1 && Strides[d] != expected)
                    return Count == 0;
                expected *= Shape[d];
            }

            return true;
        }
    }
}
