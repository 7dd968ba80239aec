using Google.Protobuf;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>
/// Finds activations that exporters write as several operators: x·sigmoid(x), x·clip(x + 3, 0, 6)/6, the formulas of GELU. They are told by what they compute, not by how it is
/// written: some operators that together are a function of one value are run on a few numbers, and the results compared with those of the known activations.
/// </summary>
internal static class ActivationPatterns
{
    private const int MostOperators = 12;
    private const double Tolerance = 3e-5;

    /// <summary>The first ones rule most functions out.</summary>
    private static readonly double[] Samples = [1.3, -2.1, 8.8, -9.3, -7.1, -4.4, -3.2, -2.9, -1.7, -1.1, -0.6, -0.2, 0, 0.13, 0.4, 0.9, 1.8, 2.2, 2.7, 3.1, 3.9, 5.2, 6.3];

    private static readonly Known[] Activations =
    [
        new("Swish", null, x => x / (1 + Math.Exp(-x))),
        new("HardSwish", null, x => x * Math.Clamp(x / 6 + 0.5, 0, 1)),
        new("Gelu", "none", x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)))),
        new("Gelu", "tanh", x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))),
        new("Relu", null, x => Math.Max(x, 0)),
    ];

    private static readonly double[][] Expected = [.. Activations.Select(known => Array.ConvertAll(Samples, x => known.Function(x)))];

    /// <summary>Finds the activations.</summary>
    /// <param name="nodes">The nodes of the graph, each behind those whose values it takes.</param>
    /// <param name="producers">For each value the node that makes it.</param>
    /// <param name="findScalar">A value that is a constant single number; null for any other.</param>
    /// <returns>For each activation one node that takes the place of the last of its operators.</returns>
    public static IEnumerable<ImportNode> Find(IReadOnlyList<ImportNode> nodes, IReadOnlyDictionary<string, ImportNode> producers, Func<string, float?> findScalar)
    {
        var order = new Dictionary<ImportNode, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < nodes.Count; i++)
            order.Add(nodes[i], i);
        List<ImportNode> found = [];
        foreach (ImportNode node in nodes)
        {
            if (node.Operator is "Mul" or "Div" or "Max" && TryMatch(node, producers, order, findScalar) is { } activation)
                found.Add(activation);
        }

        return found;
    }

    /// <summary>An operator with attributes of the wrong type is none that is known; what is wrong with it is told when it is read by itself.</summary>
    private static ImportNode? TryMatch(ImportNode last, IReadOnlyDictionary<string, ImportNode> producers, Dictionary<ImportNode, int> order, Func<string, float?> findScalar)
    {
        try
        {
            return Match(last, producers, order, findScalar);
        }
        catch (UnsupportedException)
        {
            return null;
        }
    }

    /// <summary>Takes operators in, the latest first; whenever they depend on one single value, they are a function that can be tried.</summary>
    private static ImportNode? Match(ImportNode last, IReadOnlyDictionary<string, ImportNode> producers, Dictionary<ImportNode, int> order, Func<string, float?> findScalar)
    {
        var taken = new List<ImportNode>();
        var constants = new Dictionary<string, double>(StringComparer.Ordinal);
        var open = new HashSet<string>(StringComparer.Ordinal) { last.Outputs[0] };
        while (taken.Count < MostOperators)
        {
            ImportNode? latest = open.Select(value => producers.GetValueOrDefault(value)).Where(node => node is not null).MaxBy(node => order[node!]);
            if (latest is null || latest.Outputs.Length != 1 || !ScalarFunctions.IsKnown(latest))
                return null;
            taken.Add(latest);
            open.Remove(latest.Outputs[0]);
            foreach (string input in latest.Inputs.Where(input => input.Length > 0 && !constants.ContainsKey(input)))
            {
                if (findScalar(input) is { } number)
                    constants.Add(input, number);
                else
                    open.Add(input);
            }

            if (open.Count == 0)
                return null;
            if (open.Count == 1 && taken.Exists(ScalarFunctions.IsCurved) && Recognize(taken, constants, open.First(), last) is { } activation)
                return activation;
        }

        return null;
    }

    private static ImportNode? Recognize(List<ImportNode> taken, Dictionary<string, double> constants, string argument, ImportNode last)
    {
        List<int> matches = [.. Enumerable.Range(0, Activations.Length)];
        for (int i = 0; i < Samples.Length && matches.Count > 0; i++)
        {
            var values = new Dictionary<string, double>(constants, StringComparer.Ordinal) { [argument] = Samples[i] };
            for (int n = taken.Count - 1; n >= 0; n--)
            {
                if (ScalarFunctions.Evaluate(taken[n], values) is not { } value)
                    return null;
                values[taken[n].Outputs[0]] = value;
            }

            double result = values[last.Outputs[0]];
            matches.RemoveAll(k => !(Math.Abs(Expected[k][i] - result) <= Tolerance * (1 + Math.Abs(result))));
        }

        if (matches.Count == 0)
            return null;
        Known known = Activations[matches[0]];
        AttributeProto[] attributes = known.Approximate is null
            ? []
            : [new AttributeProto { Name = "approximate", S = ByteString.CopyFromUtf8(known.Approximate), Type = AttributeProto.Types.AttributeType.String }];
        return new ImportNode(last.Name, known.Operator, argument, last.Outputs[0], attributes);
    }

    /// <summary>The error function, as the integral of the normal density by Simpson's rule: exact enough to tell functions apart.</summary>
    public static double Erf(double x)
    {
        const int Steps = 200;
        double end = Math.Clamp(x, -6, 6);
        double step = end / Steps;
        double sum = 1 + Math.Exp(-end * end);
        for (int i = 1; i < Steps; i++)
            sum += (i % 2 == 0 ? 2 : 4) * Math.Exp(-(i * step) * (i * step));
        return 2 / Math.Sqrt(Math.PI) * sum * step / 3;
    }

    private sealed record Known(string Operator, string? Approximate, Func<double, double> Function);
}
