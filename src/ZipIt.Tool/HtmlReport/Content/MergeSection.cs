using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.Tool.HtmlReport;

/// <summary>A network to draw, and what the merge says of it.</summary>
/// <param name="Network">The network; which of its layers are shared is told from its graph.</param>
/// <param name="Report">What was merged; null if nothing is known of that, as for a network that is none of a zip.</param>
internal sealed record MergeSection(Network Network, ZipReport? Report = null)
{
    /// <summary>Number of classes of each output, by its name; empty where it is not known.</summary>
    public IReadOnlyDictionary<string, int> Classes { get; init; } = new Dictionary<string, int>();

    /// <summary>The section of a zip.</summary>
    public static MergeSection Of(ZipResult result) => new(result.Network, result.Report) { Classes = Count(result.Tasks) };

    /// <summary>The section of a zipped model.</summary>
    public static MergeSection Of(ZipTransformer model) => new(model.Network, model.Report) { Classes = Count(model.Tasks) };

    private static Dictionary<string, int> Count(IEnumerable<ClassificationTask> tasks) => tasks.ToDictionary(task => task.Name, task => task.Labels.Count);
}
