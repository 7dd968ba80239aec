namespace Microsoft.ML.Data;

/// <summary>Makes a member a key. Members that are read count from 0, members that are written receive the raw key, which counts from 1.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, AllowMultiple = false, Inherited = true)]
public sealed class KeyTypeAttribute : Attribute
{
    /// <summary>A key without a count, which no column can be made of.</summary>
    public KeyTypeAttribute()
    {
    }

    /// <summary>A key of <paramref name="count"/> values.</summary>
    public KeyTypeAttribute(ulong count)
    {
        KeyCount = new KeyCount(count);
    }

    internal KeyCount KeyCount { get; }
}
