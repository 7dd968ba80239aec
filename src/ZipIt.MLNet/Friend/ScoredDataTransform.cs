using Microsoft.ML;
using Microsoft.ML.Model.OnnxConverter;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet.Friend;

/// <summary>
/// A scored view as one of ML.NET's transforms, which know what they were applied to. Those who walk back through a pipeline see it that way and do not take it
/// for the source of the data: <c>ConvertToOnnx</c> writes the network, its scores and its predicted labels among the operators of the pipeline.
/// </summary>
internal sealed class ScoredDataTransform(ScoringBinding binding, IDataView input, ICanSaveModel transformer) : ScoredDataView(binding, input), ITransformCanSaveOnnx
{
    private readonly ScoringBinding _binding = binding;

    void ICanSaveModel.Save(ModelSaveContext ctx) => transformer.Save(ctx);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

    /// <summary>Keys count from 1 and are unsigned, as those of ML.NET's own trainers; of equal scores the first wins.</summary>
    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
    {
        const long UInt32Type = 12;
        ctx.CheckOpSetVersion(OnnxNetworkWriter.OldestOpset, nameof(ZipTransformer));
        if (!ctx.ContainsColumn(_binding.Pixels.Name))
        {
            throw _binding.Host.Process(new InvalidOperationException(
                $"An earlier step of the pipeline, such as loading images, has no ONNX operators, so that the pixels '{_binding.Pixels.Name}' cannot be computed. " +
                $"Convert the steps from the pixels on, or use {nameof(ZipTransformer)}.{nameof(ZipTransformer.ToOnnx)}."));
        }

        var graph = new OnnxContextGraph(ctx);
        ScoringModel model = _binding.Model;
        long[] shape = [-1, .. model.ImageShape.ToArray().Select(extent => (long)extent)];
        string images = graph.AddNode("Reshape", "images", [ctx.GetVariableName(_binding.Pixels.Name), graph.AddConstant("images/shape", shape)]);
        ScoringGraph scores = ScoringGraph.Write(graph, model, images);
        string one = graph.AddConstant("one", [1L]);
        for (int g = 0; g < _binding.Outputs.Groups.Count; g++)
        {
            OutputColumns.Group group = _binding.Outputs.Groups[g];
            string score = g == 0 ? scores.Joint : scores.PerTask[g - 1];
            string best = graph.AddNode("ArgMax", $"{group.LabelColumn}/best", [score], OnnxAttribute.Of("axis", 1L), OnnxAttribute.Of("keepdims", 1L));
            string key = graph.AddNode("Add", $"{group.LabelColumn}/key", [best, one]);
            graph.Connect("Cast", [key], ctx.AddIntermediateVariable(group.LabelType, group.LabelColumn), OnnxAttribute.Of("to", UInt32Type));
            graph.Connect("Identity", [score], ctx.AddIntermediateVariable(group.ScoreType, group.ScoreColumn));
        }
    }
}
