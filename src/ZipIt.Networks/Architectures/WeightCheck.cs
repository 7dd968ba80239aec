using System.Text;

namespace ZipIt.Networks;

/// <summary>Holds the tensors of a checkpoint against those that an architecture expects, before anything is built.</summary>
internal static class WeightCheck
{
    private const int Shown = 4;

    /// <summary>Makes sure that no weights of a checkpoint are of a kind that cannot be read.</summary>
    /// <exception cref="InvalidDataException">Some are; the message names the file, the tensors and what they are.</exception>
    public static void CheckReadable(StateDictionary weights)
    {
        string[] ends = ["weight", "bias", "running_mean", "running_var", "_packed_params"];
        List<string> needed = [.. weights.Unreadable.Keys.Where(name => ends.Any(end => name.EndsWith(end, StringComparison.Ordinal)))];
        if (needed.Count > 0)
        {
            throw new InvalidDataException($"'{weights.Source}': {NameList.Format(needed)}: {(needed.Count == 1 ? "this is" : "each of these is")} {weights.Unreadable[needed[0]]}, whose values "
                + "cannot be read. Save the weights as tensors of floats: those of the network before it was quantized, or converted.");
        }
    }

    /// <summary>
    /// Makes sure that a checkpoint holds exactly the expected tensors, with usable values. Convolutions may have biases that are not expected, and counters
    /// may stand beside.
    /// </summary>
    /// <exception cref="InvalidDataException">It does not; the message names the file, the architecture and the tensors.</exception>
    public static void Check(StateDictionary weights, string architecture, IReadOnlyList<ParameterShape> expected)
    {
        CheckReadable(weights);
        CheckStatistics(weights, architecture, expected);
        var names = new HashSet<string>(expected.Select(parameter => parameter.Name), StringComparer.Ordinal);
        Dictionary<string, ParameterShape> biases = expected
            .Where(parameter => parameter is { Role: ParameterRole.Weight, Shape.Count: 4 })
            .Select(parameter => ParameterShape.Bias(parameter.Name[..^".weight".Length], parameter.Shape[0]))
            .ToDictionary(bias => bias.Name, StringComparer.Ordinal);
        List<string> missing = [], misshapen = [], unusable = [], unexpected = [];
        foreach ((string name, Tensor tensor) in weights)
        {
            if (names.Contains(name) || IsCounter(name, tensor))
                continue;
            if (!biases.TryGetValue(name, out ParameterShape? bias))
                unexpected.Add($"{Name(weights, NameList.Shorten(name))} {tensor}");
            else
                CheckTensor(bias, tensor);
        }

        foreach (ParameterShape parameter in expected)
        {
            if (!weights.TryGetValue(parameter.Name, out Tensor? tensor))
                missing.Add($"'{parameter.Name}' {Format(parameter)}");
            else
                CheckTensor(parameter, tensor);
        }

        void CheckTensor(ParameterShape parameter, Tensor tensor)
        {
            if (!tensor.HasShape([.. parameter.Shape]))
                misshapen.Add($"{Name(weights, parameter.Name)} should be {Format(parameter)}, is {tensor}");
            else if (parameter.Role.FindFault(tensor) is { } fault)
                unusable.Add($"{Name(weights, parameter.Name)} holds {fault}");
        }

        var message = new StringBuilder();
        Append(message, "missing", missing);
        Append(message, "of the wrong shape", misshapen);
        Append(message, "unusable", unusable);
        Append(message, "unexpected", unexpected);
        if (message.Length > 0)
        {
            string advice = unexpected.Count > 0 ? " Networks with other layers can be exported to ONNX and read with ZipIt.Onnx." : "";
            throw new InvalidDataException($"'{weights.Source}' does not fit {architecture}:{message}.{advice}");
        }
    }

    /// <summary>Without running statistics a network's outputs depend on the other images of the batch; the reason says more than the tensors.</summary>
    private static void CheckStatistics(StateDictionary weights, string architecture, IReadOnlyList<ParameterShape> expected)
    {
        bool IsStatistic(ParameterShape parameter) => parameter.Role is ParameterRole.RunningMean or ParameterRole.RunningVariance;
        ParameterShape? first = expected.FirstOrDefault(IsStatistic);
        if (first is null || expected.Any(parameter => IsStatistic(parameter) && weights.ContainsKey(parameter.Name))
            || !expected.Any(parameter => parameter.Role == ParameterRole.NormScale && weights.ContainsKey(parameter.Name)))
        {
            return;
        }

        throw new InvalidDataException($"'{weights.Source}' does not fit {architecture}: none of its normalizations has running statistics ('{first.Name}' …). They are normalizations of "
            + "groups, or batch normalizations with track_running_stats=False, whose outputs depend on the other images of a batch; neither is supported.");
    }

    /// <summary>PyTorch's counters of training steps, and other whole numbers beside the layers, play no part in what a network computes.</summary>
    private static bool IsCounter(string name, Tensor tensor) =>
        name.EndsWith("num_batches_tracked", StringComparison.Ordinal) || (tensor.Rank == 0 && !name.Contains('.') && float.IsInteger(tensor.Span[0]));

    private static string Name(StateDictionary weights, string name)
    {
        string inFile = weights.NameInFile(name);
        return inFile == name ? $"'{name}'" : $"'{name}' ('{NameList.Shorten(inFile)}' in the file)";
    }

    private static string Format(ParameterShape parameter) => Tensor.FormatShape([.. parameter.Shape]);

    private static void Append(StringBuilder message, string problem, List<string> tensors)
    {
        if (tensors.Count == 0)
            return;
        message.Append(message.Length == 0 ? " " : "; ").Append($"{tensors.Count} {(tensors.Count == 1 ? "tensor" : "tensors")} {problem}: ");
        message.AppendJoin(", ", tensors.Take(Shown));
        if (tensors.Count > Shown)
            message.Append(" and ").Append(tensors.Count - Shown).Append(" more");
    }
}
