namespace Microsoft.ML.Data;

/// <summary>Row identities.</summary>
public sealed class RowIdDataViewType : PrimitiveDataViewType
{
    private RowIdDataViewType()
        : base(typeof(DataViewRowId))
    {
    }

    /// <summary>The only instance.</summary>
    public static RowIdDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType other) => other is RowIdDataViewType;

    /// <inheritdoc/>
    public override string ToString() => "DataViewRowId";
}
