namespace Microsoft.ML.Runtime;

/// <summary>The origin of a message.</summary>
[BestFriend]
internal interface IMessageSource
{
    /// <summary>The name within its parent.</summary>
    string ShortName { get; }

    /// <summary>The name with those of all parents.</summary>
    string FullName { get; }

    /// <summary>Whether trace messages are wanted.</summary>
    bool Verbose { get; }
}
