namespace Microsoft.ML.Data;

/// <summary>Marks a member of a row class with a column type of its own.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, AllowMultiple = false, Inherited = true)]
public abstract class DataViewTypeAttribute : Attribute, IEquatable<DataViewTypeAttribute>
{
    /// <summary>Tells the type manager which column type and which .NET type belong together.</summary>
    public abstract void Register();

    /// <inheritdoc/>
    public abstract bool Equals(DataViewTypeAttribute other);
}
