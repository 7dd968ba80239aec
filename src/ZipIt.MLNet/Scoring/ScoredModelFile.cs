using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet;

/// <summary>Makes the ONNX file of a zipped model: pixels in, the score columns of its transformer out; and gives the model back.</summary>
internal static class ScoredModelFile
{
    /// <summary>Key of the metadata under which the model stands but for its network: the bytes of a <see cref="ZipModelDescription"/> in base 64.</summary>
    private const string DescriptionKey = "zipit.model";

    public static OnnxModelBuilder Build(ScoringModel model, string inputColumnName, OutputColumns columns)
    {
        Network network = model.Network;
        IReadOnlyList<OutputColumns.Group> groups = columns.Groups;
        var builder = new OnnxModelBuilder();
        builder.Reserve([inputColumnName, .. groups.Select(group => group.ScoreColumn)]);
        builder.AddInput(inputColumnName, model.ImageShape);
        ScoringGraph graph = ScoringGraph.Write(builder, model, inputColumnName);
        builder.AddOutput(groups[0].ScoreColumn, graph.Joint, [groups[0].Labels.Count]);
        for (int t = 0; t < graph.PerTask.Count; t++)
            builder.AddOutput(groups[t + 1].ScoreColumn, graph.PerTask[t], [groups[t + 1].Labels.Count]);

        IReadOnlyList<ClassificationTask> tasks = model.Scorer.Tasks;
        builder.AddTasks([new OnnxTask(groups[0].ScoreColumn, groups[0].Labels),
            .. tasks.Select((task, t) => new OnnxTask(groups[t + 1].ScoreColumn, task.Labels) { Head = task.Name })]);
        builder.AddNetwork(network, [inputColumnName], graph.Heads);
        return builder;
    }

    /// <summary>Adds to the metadata what the graph does not say: how the network's outputs become scores.</summary>
    public static void AddDescription(OnnxModelBuilder builder, ZipTransformer transformer) =>
        builder.AddMetadata(DescriptionKey, Convert.ToBase64String(new ZipModelDescription(transformer) { Report = null }.ToBytes()));

    /// <summary>Whether a file is one of a zipped model.</summary>
    public static bool IsZipped(OnnxNetwork file) => file.Metadata.ContainsKey(DescriptionKey);

    /// <summary>The model that was written to a file; null if the file is none of a zipped model.</summary>
    /// <param name="env">The environment of the transformer.</param>
    /// <param name="file">What was read.</param>
    /// <exception cref="FormatException">The metadata are damaged.</exception>
    /// <exception cref="ArgumentException">Metadata and network do not fit.</exception>
    public static ZipTransformer? Find(IHostEnvironment env, OnnxNetwork file) => file.Metadata.TryGetValue(DescriptionKey, out string? text)
        ? ZipModelDescription.FromBytes(Convert.FromBase64String(text)).ToTransformer(env, file.Network)
        : null;
}
