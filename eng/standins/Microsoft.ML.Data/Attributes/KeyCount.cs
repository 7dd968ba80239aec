using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The number of values of a key.</summary>
public sealed class KeyCount
{
    /// <summary>The number, null if it is not known.</summary>
    public ulong? Count;

    /// <summary>A number that is not known.</summary>
    public KeyCount()
    {
    }

    /// <summary>A known number.</summary>
    public KeyCount(ulong count)
    {
        Contracts.CheckParam(count > 0, nameof(count), "The cardinality of a valid key value has to be bigger than 0.");
        Count = count;
    }
}
