namespace ZipIt.Reproduction.Tests;

/// <summary>Tests that take the console's place, of which there is one.</summary>
[CollectionDefinition(Name)]
public sealed class ConsoleCollection
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "Console";
}
