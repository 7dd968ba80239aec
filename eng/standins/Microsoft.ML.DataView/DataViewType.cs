namespace Microsoft.ML.Data;

/// <summary>The type of a column.</summary>
public abstract class DataViewType : IEquatable<DataViewType>
{
    private protected DataViewType(Type rawType)
    {
        ArgumentNullException.ThrowIfNull(rawType);
        RawType = rawType;
    }

    /// <summary>The .NET type that getters of such a column hand out.</summary>
    public Type RawType { get; }

    /// <inheritdoc/>
    public abstract bool Equals(DataViewType other);
}

/// <summary>A type of single values that need no disposal and may be copied freely.</summary>
public abstract class PrimitiveDataViewType : DataViewType
{
    /// <summary>Declares a primitive type.</summary>
    protected PrimitiveDataViewType(Type rawType)
        : base(rawType)
    {
        if (typeof(IDisposable).IsAssignableFrom(rawType))
            throw new ArgumentOutOfRangeException(nameof(rawType), $"A primitive column type cannot have the disposable raw type '{rawType}'.");
    }
}

/// <summary>A type of values that have parts or own resources.</summary>
public abstract class StructuredDataViewType : DataViewType
{
    /// <summary>Declares a structured type.</summary>
    protected StructuredDataViewType(Type rawType)
        : base(rawType)
    {
    }
}
