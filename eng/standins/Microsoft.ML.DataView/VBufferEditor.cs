namespace Microsoft.ML.Data;

/// <summary>Makes editors of vectors.</summary>
public static class VBufferEditor
{
    /// <summary>An editor over the vector as it is.</summary>
    public static VBufferEditor<T> CreateFromBuffer<T>(ref VBuffer<T> destination) =>
        Create(ref destination, destination.Length, destination.GetValues().Length);

    /// <summary>
    /// An editor for a vector of another size that uses the arrays of <paramref name="destination"/> where they are large enough. What they
    /// held shows through: every slot must be written.
    /// </summary>
    public static VBufferEditor<T> Create<T>(
        ref VBuffer<T> destination,
        int newLogicalLength,
        int? valuesCount = null,
        int? maxValuesCapacity = null,
        bool keepOldOnResize = false,
        bool requireIndicesOnDense = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(newLogicalLength);
        int count = valuesCount ?? newLogicalLength;
        if (count < 0 || count > newLogicalLength)
            throw new ArgumentOutOfRangeException(nameof(valuesCount), $"A vector of length {newLogicalLength} cannot have {count} explicit values.");
        if (maxValuesCapacity < count)
            throw new ArgumentOutOfRangeException(nameof(maxValuesCapacity), $"A capacity of {maxValuesCapacity} does not hold {count} values.");

        T[] values = EnsureLength(destination.ValueArray, count, keepOldOnResize, out bool createdNewValues);
        int[] indices = destination.IndexArray;
        bool createdNewIndices = false;
        if (count < newLogicalLength || requireIndicesOnDense)
            indices = EnsureLength(indices, count, keepOldOnResize, out createdNewIndices);
        return new VBufferEditor<T>(newLogicalLength, count, values, indices, requireIndicesOnDense, createdNewValues, createdNewIndices);
    }

    private static TItem[] EnsureLength<TItem>(TItem[] array, int length, bool keepOld, out bool created)
    {
        created = false;
        if (array != null && array.Length >= length)
            return array;
        if (length == 0)
            return array;
        created = true;
        var larger = new TItem[length];
        if (keepOld && array != null)
            array.CopyTo(larger, 0);
        return larger;
    }
}

/// <summary>Gives write access to the arrays of a vector; the vector to keep is what <see cref="Commit"/> returns.</summary>
public readonly ref struct VBufferEditor<T>
{
    private readonly int _logicalLength;
    private readonly T[] _values;
    private readonly int[] _indices;

    /// <summary>The explicit values.</summary>
    public readonly Span<T> Values;

    /// <summary>Where they stand; empty if the vector is dense.</summary>
    public readonly Span<int> Indices;

    internal VBufferEditor(
        int logicalLength,
        int count,
        T[] values,
        int[] indices,
        bool requireIndicesOnDense,
        bool createdNewValues,
        bool createdNewIndices)
    {
        _logicalLength = logicalLength;
        _values = values;
        _indices = indices;
        Values = values.AsSpan(0, count);
        Indices = count < logicalLength || requireIndicesOnDense ? indices.AsSpan(0, count) : default;
        CreatedNewValues = createdNewValues;
        CreatedNewIndices = createdNewIndices;
    }

    /// <summary>Whether the value array is new.</summary>
    public bool CreatedNewValues { get; }

    /// <summary>Whether the index array is new.</summary>
    public bool CreatedNewIndices { get; }

    /// <summary>The edited vector.</summary>
    public VBuffer<T> Commit() => new(_logicalLength, Values.Length, _values, _indices);

    /// <summary>The edited vector, of which only the first values are explicit.</summary>
    public VBuffer<T> CommitTruncated(int physicalValuesCount)
    {
        if (physicalValuesCount < 0 || physicalValuesCount > Values.Length)
            throw new ArgumentOutOfRangeException(nameof(physicalValuesCount), $"There are {Values.Length} values; {physicalValuesCount} cannot be kept.");
        return new(_logicalLength, physicalValuesCount, _values, _indices);
    }
}
