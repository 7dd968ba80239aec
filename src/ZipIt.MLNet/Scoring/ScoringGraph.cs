using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet;

/// <summary>A zipped model as ONNX operators: the network, and behind it what <see cref="TaskScorer"/> computes.</summary>
internal sealed class ScoringGraph
{
    /// <summary>Keeps an embedding of zeros from being divided by its length; its cosines are 0 then.</summary>
    private const float SmallestNorm = 1e-30f;

    private ScoringGraph(IReadOnlyList<string> heads, string joint, IReadOnlyList<string> perTask)
    {
        (Heads, Joint, PerTask) = (heads, joint, perTask);
    }

    /// <summary>Names of the values of the network's outputs.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>Name of the value that holds a probability for each class of all tasks.</summary>
    public string Joint { get; }

    /// <summary>For each task the name of the value that holds a probability for each of its classes.</summary>
    public IReadOnlyList<string> PerTask { get; }

    /// <summary>Adds the operators to a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="model">Network and tasks.</param>
    /// <param name="images">Name of the value that holds the images [batch, channels, height, width].</param>
    /// <exception cref="NotSupportedException">A layer has no ONNX operator; the message names the node.</exception>
    public static ScoringGraph Write(IOnnxGraph graph, ScoringModel model, string images)
    {
        TaskScorer scorer = model.Scorer;
        IReadOnlyList<string> heads = OnnxNetworkWriter.Write(graph, model.Network, [images]);
        var logits = new string[scorer.Tasks.Count];
        for (int t = 0; t < logits.Length; t++)
        {
            model.Network.TryFindHead(scorer.Tasks[t].Name, out int head);
            logits[t] = WriteLogits(graph, scorer, scorer.Tasks[t], heads[head]);
        }

        string[] perTask = [.. logits.Select((value, t) => SoftMax(graph, $"{scorer.Tasks[t].Name}/probabilities", value))];
        for (int t = 0; t < logits.Length; t++)
            logits[t] = WriteCalibration(graph, scorer, scorer.Tasks[t], logits[t]);
        return new ScoringGraph(heads, WriteJoint(graph, scorer, logits, perTask), perTask);
    }

    /// <summary>scale·cosine for prototypes; the output itself for class scores.</summary>
    private static string WriteLogits(IOnnxGraph graph, TaskScorer scorer, ClassificationTask task, string output)
    {
        if (task.Prototypes is not { } prototypes)
            return output;
        (int classes, int length) = (prototypes[0], prototypes[1]);
        float scale = scorer.ScaleOf(task);
        var scaled = new Tensor(length, classes);
        var ones = new Tensor(length, 1);
        for (int i = 0; i < length; i++)
        {
            ones.Span[i] = 1;
            for (int c = 0; c < classes; c++)
                scaled.Span[i * classes + c] = scale * prototypes.Span[c * length + i];
        }

        // The length by a product with ones: the operators for sums have changed from version to version.
        string squares = graph.AddNode("Mul", $"{task.Name}/squares", [output, output]);
        string sum = graph.AddNode("MatMul", $"{task.Name}/sum", [squares, graph.AddConstant($"{task.Name}/ones", ones)]);
        string norm = graph.AddNode("Sqrt", $"{task.Name}/norm", [sum]);
        string bounded = graph.AddNode("Max", $"{task.Name}/bounded", [norm, graph.AddConstant($"{task.Name}/smallest", new Tensor(new[] { SmallestNorm }))]);
        string unit = graph.AddNode("Div", $"{task.Name}/unit", [output, bounded]);
        return graph.AddNode("MatMul", $"{task.Name}/logits", [unit, graph.AddConstant($"{task.Name}/prototypes", scaled)]);
    }

    /// <summary>z / temperature + offset for calibrated tasks.</summary>
    private static string WriteCalibration(IOnnxGraph graph, TaskScorer scorer, ClassificationTask task, string logits)
    {
        if (scorer.CalibrationOf(task) is not { } calibration)
            return logits;
        string factor = graph.AddConstant($"{task.Name}/factor", new Tensor(new[] { 1 / calibration.Temperature }));
        string offset = graph.AddConstant($"{task.Name}/offset", new Tensor(new[] { calibration.Offset }));
        return graph.AddNode("Add", $"{task.Name}/calibrated", [graph.AddNode("Mul", $"{task.Name}/tempered", [logits, factor]), offset]);
    }

    private static string WriteJoint(IOnnxGraph graph, TaskScorer scorer, string[] logits, string[] perTask)
    {
        IReadOnlyList<IReadOnlyList<int>> groups = scorer.SoftmaxGroups;
        var parts = new string[logits.Length];
        for (int g = 0; g < groups.Count; g++)
        {
            if (groups[g] is [var only])
            {
                parts[only] = perTask[only];
                continue;
            }

            string together = graph.AddNode("Concat", $"group{g}/logits", [.. groups[g].Select(t => logits[t])], OnnxAttribute.Of("axis", 1L));
            string shared = SoftMax(graph, $"group{g}/probabilities", together);
            long next = 0;
            foreach (int t in groups[g])
            {
                long[] own = [.. Enumerable.Range(0, scorer.Tasks[t].Labels.Count).Select(_ => next++)];
                parts[t] = graph.AddNode("Gather", $"{scorer.Tasks[t].Name}/joint", [shared, graph.AddConstant($"{scorer.Tasks[t].Name}/classes", own)],
                    OnnxAttribute.Of("axis", 1L));
            }
        }

        string all = parts.Length == 1 ? parts[0] : graph.AddNode("Concat", "joint/parts", parts, OnnxAttribute.Of("axis", 1L));
        if (scorer.ClassCount < scorer.TaskClassCount)
            return WriteAverage(graph, scorer, all);
        return groups.Count == 1 ? all
            : graph.AddNode("Div", "joint/probabilities", [all, graph.AddConstant("joint/groups", new Tensor(new float[] { groups.Count }))]);
    }

    /// <summary>
    /// The mean over the tasks that know a class, scaled to sum to 1: the first score of each class, plus the second or a zero, and so on. The last sum is a
    /// product with ones, as above.
    /// </summary>
    private static string WriteAverage(IOnnxGraph graph, TaskScorer scorer, string all)
    {
        ILookup<int, long> places = scorer.JointClasses.Select((label, place) => (label, (long)place)).ToLookup(pair => pair.label, pair => pair.Item2);
        int most = places.Max(own => own.Count());
        string first = graph.AddNode("Gather", "joint/first", [all, graph.AddConstant("joint/first/place", [0L])], OnnxAttribute.Of("axis", 1L));
        string zero = graph.AddNode("Sub", "joint/zero", [first, first]);
        string padded = graph.AddNode("Concat", "joint/padded", [all, zero], OnnxAttribute.Of("axis", 1L));
        string sum = "";
        for (int i = 0; i < most; i++)
        {
            long[] chosen = [.. Enumerable.Range(0, scorer.ClassCount)
                .Select(label => places[label].ElementAtOrDefault(i) is var place && i < places[label].Count() ? place : scorer.TaskClassCount)];
            string scores = graph.AddNode("Gather", $"joint/scores{i}", [padded, graph.AddConstant($"joint/places{i}", chosen)], OnnxAttribute.Of("axis", 1L));
            sum = i == 0 ? scores : graph.AddNode("Add", $"joint/sum{i}", [sum, scores]);
        }

        var shares = new Tensor(scorer.ClassCount);
        var ones = new Tensor(scorer.ClassCount, 1);
        ones.Span.Fill(1);
        for (int label = 0; label < scorer.ClassCount; label++)
            shares.Span[label] = 1f / places[label].Count();
        string means = graph.AddNode("Mul", "joint/means", [sum, graph.AddConstant("joint/shares", shares)]);
        string total = graph.AddNode("MatMul", "joint/total", [means, graph.AddConstant("joint/ones", ones)]);
        return graph.AddNode("Div", "joint/probabilities", [means, total]);
    }

    private static string SoftMax(IOnnxGraph graph, string name, string logits) => graph.AddNode("Softmax", name, [logits], OnnxAttribute.Of("axis", 1L));
}
