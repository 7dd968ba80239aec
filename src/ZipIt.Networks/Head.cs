namespace ZipIt.Networks;

/// <summary>A named output of a <see cref="Network"/>; in a multi-task network there is one per task.</summary>
/// <param name="Name">Name of the output, unique within its network.</param>
/// <param name="Node">The node whose value it is.</param>
public sealed record Head(string Name, Node Node);
