namespace Microsoft.ML.Data;

/// <summary>Dates and times with an offset from UTC.</summary>
public sealed class DateTimeOffsetDataViewType : PrimitiveDataViewType
{
    private DateTimeOffsetDataViewType()
        : base(typeof(DateTimeOffset))
    {
    }

    /// <summary>The only instance.</summary>
    public static DateTimeOffsetDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType other) => other is DateTimeOffsetDataViewType;

    /// <inheritdoc/>
    public override string ToString() => "DateTimeOffset";
}
