using ZipIt.Fuzzing.Targets;

namespace ZipIt.Fuzzing;

/// <summary>All readers that are tried.</summary>
public static class FuzzTargets
{
    /// <summary>The targets; a new one is one line.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new CheckpointTarget(),
        new PickleTarget(),
        new SafeTensorsTarget(),
        new TorchSharpTarget(),
        new NetworkFileTarget(),
        new ModelTarget(),
        new OnnxTarget(),
        new RecipeTarget(),
    ];

    /// <summary>The target of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"There is no target '{name}'; there are {string.Join(", ", All.Select(target => target.Name))}.", nameof(name));
}
