namespace Microsoft.ML;

/// <summary>Marks internal members that are meant for sibling assemblies.</summary>
[BestFriend]
[AttributeUsage(
    AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Constructor | AttributeTargets.Method
    | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Interface | AttributeTargets.Delegate,
    AllowMultiple = false,
    Inherited = false)]
internal sealed class BestFriendAttribute : Attribute
{
}
