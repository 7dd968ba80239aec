using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Measuring;

/// <summary>A network with the meaning of its outputs.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Network">The network.</param>
/// <param name="Tasks">One task for each output.</param>
/// <param name="Scoring">How the classes of several tasks are compared.</param>
/// <param name="SharedLabels">Whether tasks may know the same class.</param>
internal sealed record ScoredNetwork(string Name, Network Network, IReadOnlyList<ClassificationTask> Tasks, JointScoring Scoring, bool SharedLabels = false)
{
    /// <summary>Labels of all classes, in the order of the joint scores.</summary>
    public IReadOnlyList<string> Labels => [.. Tasks.SelectMany(task => task.Labels).Distinct(StringComparer.Ordinal)];

    /// <summary>Shape of one image: [channels, height, width].</summary>
    public ReadOnlySpan<int> ImageShape => Network.ShapeOf(Network.Inputs[0]);

    /// <summary>The model of a file.</summary>
    public static ScoredNetwork Of(ModelFile file) => new(file.Name, file.Network, file.Tasks, file.Scoring, file.SharedLabels);
}
