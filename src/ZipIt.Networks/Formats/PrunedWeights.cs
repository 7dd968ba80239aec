using System.Numerics.Tensors;

namespace ZipIt.Networks;

/// <summary>
/// Weights as <c>torch.nn.utils.prune</c> stores them until it is told to <c>remove</c>: <c>weight_orig</c> and <c>weight_mask</c> instead of <c>weight</c>.
/// </summary>
internal static class PrunedWeights
{
    private const string Original = "_orig";
    private const string Mask = "_mask";

    /// <summary>The same tensors with masks applied, in the place of the masked ones.</summary>
    public static StateDictionary Apply(StateDictionary weights)
    {
        if (!weights.Keys.Any(name => FindMask(weights, name) is not null))
            return weights;
        var applied = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance);
        var tensors = new List<KeyValuePair<string, Tensor>>();
        foreach ((string name, Tensor tensor) in weights)
        {
            if (FindMask(weights, name) is { } mask)
                tensors.Add(KeyValuePair.Create(name[..^Original.Length], Multiply(weights.Source, name, tensor, mask, applied)));
            else if (!(name.EndsWith(Mask, StringComparison.Ordinal) && FindMask(weights, name[..^Mask.Length] + Original) is not null))
                tensors.Add(KeyValuePair.Create(name, tensor));
        }

        return new StateDictionary(weights.Source, tensors, weights.Metadata, weights.Unreadable);
    }

    private static Tensor? FindMask(StateDictionary weights, string name) =>
        name.EndsWith(Original, StringComparison.Ordinal) && name[..^Original.Length] is var parameter && !weights.ContainsKey(parameter)
        && weights.TryGetValue(parameter + Mask, out Tensor? mask) && mask.HasShape(weights[name].Shape)
            ? mask
            : null;

    /// <summary>In the place of the original, which nobody else has seen; one that has two names is masked once.</summary>
    private static Tensor Multiply(string source, string name, Tensor original, Tensor mask, Dictionary<Tensor, Tensor> applied)
    {
        if (applied.TryAdd(original, mask))
            TensorPrimitives.Multiply(original.Span, mask.Span, original.Span);
        else if (!ReferenceEquals(applied[original], mask))
            throw new InvalidDataException($"'{source}': '{NameList.Shorten(name)}' has another name, and another mask under it. Call prune.remove before the model is saved.");
        return original;
    }
}
