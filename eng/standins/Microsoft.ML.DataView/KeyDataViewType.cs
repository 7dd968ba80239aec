namespace Microsoft.ML.Data;

/// <summary>Keys into a set of <see cref="Count"/> values: 0 means missing, 1 to <see cref="Count"/> the values.</summary>
public sealed class KeyDataViewType : PrimitiveDataViewType
{
    /// <summary>Declares keys of raw type byte, ushort, uint or ulong.</summary>
    public KeyDataViewType(Type type, ulong count)
        : base(type)
    {
        if (!IsValidDataType(type))
            throw new ArgumentOutOfRangeException(nameof(type), $"A key is a byte, ushort, uint or ulong, not a '{type}'.");
        if (count == 0 || count > LargestValue(type))
            throw new ArgumentOutOfRangeException(nameof(count), $"A key type of raw type '{type.Name}' can count 1 to {LargestValue(type)} values, not {count}.");
        Count = count;
    }

    /// <summary>Declares keys of raw type byte, ushort, uint or ulong.</summary>
    public KeyDataViewType(Type type, int count)
        : this(type, count < 0 ? 0 : (ulong)count)
    {
    }

    /// <summary>The number of valid keys.</summary>
    public ulong Count { get; }

    /// <summary>Whether keys can have this raw type.</summary>
    public static bool IsValidDataType(Type type) =>
        type == typeof(byte) || type == typeof(ushort) || type == typeof(uint) || type == typeof(ulong);

    /// <inheritdoc/>
    public override bool Equals(DataViewType other) => other is KeyDataViewType key && key.RawType == RawType && key.Count == Count;

    /// <inheritdoc/>
    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RawType, Count);

    /// <inheritdoc/>
    public override string ToString() => $"Key<{RawType.Name}, 0-{Count - 1}>";

    private static ulong LargestValue(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.MaxValue,
        TypeCode.UInt16 => ushort.MaxValue,
        TypeCode.UInt32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };
}
