using System.Text;

namespace ZipIt.Networks;

/// <summary>Holds the tensors of a checkpoint against those that an architecture expects, before anything is built.</summary>
internal static class WeightCheck
{
    private const int Shown = 4;

    /// <summary>Makes sure that a checkpoint holds exactly the expected tensors, with usable values.</summary>
    /// <exception cref="InvalidDataException">It does not; the message names the file, the architecture and the tensors.</exception>
    public static void Check(StateDictionary weights, string architecture, IReadOnlyList<ParameterShape> expected)
    {
        var names = new HashSet<string>(expected.Select(parameter => parameter.Name), StringComparer.Ordinal);
        List<string> missing = [], misshapen = [], unusable = [], unexpected = [];
        foreach (string name in weights.Keys)
        {
            if (!names.Contains(name) && !IsCounter(name))
                unexpected.Add($"'{NameList.Shorten(name)}' {weights[name]}");
        }

        foreach (ParameterShape parameter in expected)
        {
            if (!weights.TryGetValue(parameter.Name, out Tensor? tensor))
                missing.Add($"'{parameter.Name}' {Format(parameter)}");
            else if (!tensor.HasShape([.. parameter.Shape]))
                misshapen.Add($"'{parameter.Name}' should be {Format(parameter)}, is {tensor}");
            else if (parameter.Role.FindFault(tensor) is { } fault)
                unusable.Add($"'{parameter.Name}' holds {fault}");
        }

        var message = new StringBuilder();
        Append(message, "missing", missing);
        Append(message, "of the wrong shape", misshapen);
        Append(message, "unusable", unusable);
        Append(message, "unexpected", unexpected);
        if (message.Length > 0)
            throw new InvalidDataException($"'{weights.Source}' does not fit {architecture}:{message}.");
    }

    /// <summary>PyTorch's counters of training steps play no part in what a network computes.</summary>
    private static bool IsCounter(string name) => name.EndsWith("num_batches_tracked", StringComparison.Ordinal);

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
