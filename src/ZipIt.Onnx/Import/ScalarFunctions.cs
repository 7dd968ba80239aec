namespace ZipIt.Onnx;

/// <summary>What operators compute on single numbers.</summary>
internal static class ScalarFunctions
{
    private static readonly HashSet<string> Plain = new(["Add", "Sub", "Mul", "Div", "Neg", "Pow", "Sqrt", "Identity", "Cast"], StringComparer.Ordinal);

    private static readonly HashSet<string> Curved = new(["Max", "Min", "Abs", "Exp", "Tanh", "Sigmoid", "Erf", "Relu", "Clip", "HardSigmoid"], StringComparer.Ordinal);

    public static bool IsKnown(ImportNode node) => Plain.Contains(node.Operator) || Curved.Contains(node.Operator);

    /// <summary>Whether an operator is one without which there is no activation.</summary>
    public static bool IsCurved(ImportNode node) => Curved.Contains(node.Operator);

    /// <summary>Runs one operator; null if it has attributes or inputs that it should not have.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="values">The values of its inputs.</param>
    public static double? Evaluate(ImportNode node, IReadOnlyDictionary<string, double> values)
    {
        double? Input(int i) => i < node.Inputs.Length && values.TryGetValue(node.Inputs[i], out double value) ? value : null;

        double? a = Input(0), b = Input(1);
        return node.Operator switch
        {
            "Add" => a + b,
            "Sub" => a - b,
            "Mul" => a * b,
            "Div" => a / b,
            "Pow" => a is { } x && b is { } y ? Math.Pow(x, y) : null,
            "Max" => node.Inputs.Length == 2 && a is { } x && b is { } y ? Math.Max(x, y) : null,
            "Min" => node.Inputs.Length == 2 && a is { } x && b is { } y ? Math.Min(x, y) : null,
            "Neg" => -a,
            "Abs" => a is { } x ? Math.Abs(x) : null,
            "Exp" => a is { } x ? Math.Exp(x) : null,
            "Sqrt" => a is { } x ? Math.Sqrt(x) : null,
            "Tanh" => a is { } x ? Math.Tanh(x) : null,
            "Sigmoid" => a is { } x ? 1 / (1 + Math.Exp(-x)) : null,
            "Erf" => a is { } x ? ActivationPatterns.Erf(x) : null,
            "Relu" => a is { } x ? Math.Max(x, 0) : null,
            "Clip" => Clamp(a, Bound(node, 1, "min", double.NegativeInfinity, Input), Bound(node, 2, "max", double.PositiveInfinity, Input)),
            "HardSigmoid" => Clamp((node.FindFloat("alpha") ?? 0.2) * a + (node.FindFloat("beta") ?? 0.5), 0, 1),
            "Identity" or "Cast" => a,
            _ => null,
        };
    }

    private static double? Bound(ImportNode node, int input, string attribute, double unbounded, Func<int, double?> values) =>
        input < node.Inputs.Length && node.Inputs[input].Length > 0 ? values(input) : node.FindFloat(attribute) ?? unbounded;

    private static double? Clamp(double? value, double? lower, double? upper) => value is { } x && lower is { } l && upper is { } u ? Math.Min(Math.Max(x, l), u) : null;
}
