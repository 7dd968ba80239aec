namespace Microsoft.ML.Data;

/// <summary>Dates and times.</summary>
public sealed class DateTimeDataViewType : PrimitiveDataViewType
{
    private DateTimeDataViewType()
        : base(typeof(DateTime))
    {
    }

    /// <summary>The only instance.</summary>
    public static DateTimeDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType other) => other is DateTimeDataViewType;

    /// <inheritdoc/>
    public override string ToString() => "DateTime";
}
