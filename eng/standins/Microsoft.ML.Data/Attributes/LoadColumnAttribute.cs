namespace Microsoft.ML.Data;

/// <summary>Tells from which fields of a text file a member is read.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, AllowMultiple = false, Inherited = true)]
public sealed class LoadColumnAttribute : Attribute
{
    internal List<TextLoader.Range> Sources;

    /// <summary>One field.</summary>
    public LoadColumnAttribute(int fieldIndex)
    {
        Sources = [new TextLoader.Range(fieldIndex)];
    }

    /// <summary>A stretch of fields, both ends included.</summary>
    public LoadColumnAttribute(int start, int end)
    {
        Sources = [new TextLoader.Range(start, end)];
    }

    /// <summary>Any fields.</summary>
    public LoadColumnAttribute(int[] columnIndexes)
    {
        Sources = [.. columnIndexes.Select(index => new TextLoader.Range(index))];
    }
}
