namespace Microsoft.ML.Data;

/// <summary>Time spans.</summary>
public sealed class TimeSpanDataViewType : PrimitiveDataViewType
{
    private TimeSpanDataViewType()
        : base(typeof(TimeSpan))
    {
    }

    /// <summary>The only instance.</summary>
    public static TimeSpanDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType other) => other is TimeSpanDataViewType;

    /// <inheritdoc/>
    public override string ToString() => "TimeSpan";
}
