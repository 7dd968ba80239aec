namespace Microsoft.ML.Data;

/// <summary>The identity of a row: 128 bits, the same for the same row in every cursor.</summary>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    /// <summary>The low 64 bits.</summary>
    public readonly ulong Low;

    /// <summary>The high 64 bits.</summary>
    public readonly ulong High;

    /// <summary>Makes an identity of its two halves.</summary>
    public DataViewRowId(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }

    /// <summary>The identity of a row made of this one and another.</summary>
    public DataViewRowId Combine(DataViewRowId other)
    {
        ulong low = Mix(Low ^ Mix(other.Low + 0x9E3779B97F4A7C15UL));
        ulong high = Mix(High + Mix(other.High ^ 0xC2B2AE3D27D4EB4FUL));
        return new DataViewRowId(low + high, Mix(high ^ (low << 1 | low >> 63)));
    }

    /// <summary>The identity of the first of several rows made of this one.</summary>
    public DataViewRowId Fork() => Combine(new DataViewRowId(1, 0));

    /// <summary>The identity of a further row made of this one.</summary>
    public DataViewRowId Next() => Combine(new DataViewRowId(0, 1));

    /// <inheritdoc/>
    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    /// <inheritdoc/>
    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Low, High);

    /// <inheritdoc/>
    public int CompareTo(DataViewRowId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <inheritdoc/>
    public override string ToString() => $"{High:x16}{Low:x16}";

    // The finalizer of MurmurHash3 (Appleby, public domain): every input bit flips each output bit with probability about one half.
    private static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xFF51AFD7ED558CCDUL;
        value ^= value >> 33;
        value *= 0xC4CEB9FE1A85EC53UL;
        return value ^ value >> 33;
    }
}
