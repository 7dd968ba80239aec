using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet;

/// <summary>Makes the ONNX file of a zipped model: pixels in, the score columns of its transformer out.</summary>
internal static class ScoredModelFile
{
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
        builder.AddTasks([new OnnxTask(groups[0].ScoreColumn, groups[0].Labels), .. tasks.Select((task, t) => new OnnxTask(groups[t + 1].ScoreColumn, task.Labels) { Head = task.Name })]);
        builder.AddNetwork(network, [inputColumnName], graph.Heads);
        return builder;
    }
}
