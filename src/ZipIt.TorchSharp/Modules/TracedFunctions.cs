using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>
/// Finds out what happens between two modules. TorchSharp tells of calls of modules, not of functions; but on sample images of noise, what a function gives
/// can be told from what it takes: a sum, an activation, a pooling, a flattening or a concatenation is tried on the values that are known, and is right if
/// the numbers are.
/// </summary>
/// <remarks>What was found is held against the module itself on other images in the end.</remarks>
internal sealed class TracedFunctions(Func<string, string> nameFreely) : IDisposable
{
    private const int LongestChain = 4;
    private const int LargestKernel = 8;

    private static readonly Layer[] Activations =
    [
        new ReLU(), new Clip(0, 6), new LeakyReLU(0.01f), new LeakyReLU(0.1f), new LeakyReLU(0.2f), new SiLU(), new HardSwish(), new GELU(), new GELU(true),
        new ELU(), new Sigmoid(), new Tanh(),
    ];

    private readonly List<TracedValue> _known = [];

    /// <summary>Adds a value that a node gives.</summary>
    public TracedValue Know(Node node, torch.Tensor values)
    {
        var value = new TracedValue(node, values.detach().clone().DetachFromDisposeScope());
        _known.Add(value);
        return value;
    }

    /// <summary>Finds the node that gives some values; adds the nodes of the functions that make them.</summary>
    /// <returns>The value; null if nothing that was tried gives it.</returns>
    public TracedValue? Explain(torch.Tensor target)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        if (_known.FindLast(value => value.IsSameAs(target)) is { } same)
            return same;

        // Functions of what nobody took yet, alone or with something else; then of everything.
        Candidate[] fresh = [.. Enumerable.Reverse(_known).Where(value => !value.IsTaken).Select(Candidate.Of)];
        Candidate[] all = [.. Enumerable.Reverse(_known).Select(Candidate.Of)];
        Candidate? found = Search(fresh, all, target, LongestChain) ?? Search(all, all, target, 1) ?? FindConcatenation(all, target);
        return found is null ? null : Build(found);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TracedValue value in _known)
            value.Values.Dispose();
    }

    private static Candidate? Search(Candidate[] sources, Candidate[] all, torch.Tensor target, int depth)
    {
        Candidate[] level = sources;
        for (int i = 0; i < depth && level.Length > 0; i++)
        {
            var next = new List<Candidate>();
            foreach (Candidate candidate in Expand(level, all, target))
            {
                if (TracedValue.AreSame(candidate.Values, target))
                    return candidate;
                next.Add(candidate);
            }

            level = [.. next];
        }

        return null;
    }

    /// <summary>
    /// What one more function makes of some values; only what can still become the target, in the order sum, activation, pooling, flattening.
    /// </summary>
    private static IEnumerable<Candidate> Expand(Candidate[] level, Candidate[] all, torch.Tensor target)
    {
        foreach (Candidate value in level.Where(value => CanBecome(value.Shape, target.shape)))
        {
            if (value.Layer is null)
            {
                foreach (Candidate partner in all.Where(partner => !ReferenceEquals(partner.Known, value.Known)))
                {
                    if (partner.Shape.AsSpan().SequenceEqual(value.Shape))
                        yield return value.Plus(partner);
                }
            }

            if (value.Layer is null or Add)
            {
                foreach (Layer activation in Activations)
                    yield return value.Then(activation);
            }

            foreach (Layer reduction in ListReductions(value, target.shape))
                yield return value.Then(reduction);
        }
    }

    /// <summary>Whether poolings and flattenings lead from one shape to another.</summary>
    private static bool CanBecome(int[] shape, long[] target) => target.Length == 2
        ? shape.Length == 1 ? shape[0] == target[1] : target[1] % shape[0] == 0 && target[1] <= (long)shape[0] * shape[1] * shape[2]
        : shape.Length == 3 && shape[0] == target[1] && shape[1] >= target[2] && shape[2] >= target[3];

    /// <summary>Poolings and flattenings that lead to a shape.</summary>
    private static IEnumerable<Layer> ListReductions(Candidate value, long[] target)
    {
        if (value.Shape is not [var channels, var height, var width])
            yield break;
        bool isVector = target.Length == 2;
        if (isVector && (long)channels * height * width == target[1])
            yield return new Flatten();
        if (value.Layer is Pool2d or GlobalAveragePool)
            yield break;

        // All extents of windows that give as many pixels as are wanted.
        long pixels = isVector ? target[1] / channels : target[2] * target[3];
        if (pixels == 1)
            yield return new GlobalAveragePool();
        for (int kernel = 2; kernel <= Math.Min(LargestKernel, Math.Min(height, width)); kernel++)
        {
            foreach ((int stride, int padding) in ((int, int)[])[(kernel, 0), (2, 0), (2, 1), (1, kernel / 2)])
            {
                (long rows, long columns) = (Count(height), Count(width));
                if (!(isVector ? rows * columns == pixels : rows == target[2] && columns == target[3]) || padding > kernel / 2)
                    continue;
                yield return new MaxPool2d(kernel, stride, padding);
                yield return new AvgPool2d(kernel, stride, padding);

                long Count(int extent) => (extent + 2 * padding - kernel) / stride + 1;
            }
        }
    }

    /// <summary>Values one behind the other along the channels.</summary>
    private static Candidate? FindConcatenation(Candidate[] all, torch.Tensor target)
    {
        var parts = new List<Candidate>();
        long channels = 0;
        while (channels < target.shape[1])
        {
            Candidate? part = all.FirstOrDefault(candidate =>
                candidate.Values.dim() == target.dim() && candidate.Values.shape[1] <= target.shape[1] - channels
                && TracedValue.AreSame(candidate.Values, target.narrow(1, channels, candidate.Values.shape[1])));
            if (part is null)
                return null;
            parts.Add(part);
            channels += part.Values.shape[1];
        }

        return parts.Count < 2 ? null : new Candidate(target, null, new Concat(), [.. parts]);
    }

    private TracedValue Build(Candidate candidate)
    {
        if (candidate.Known is { } known)
            return known;
        TracedValue[] inputs = [.. candidate.Inputs.Select(Build)];
        foreach (TracedValue input in inputs)
            input.IsTaken = true;
        Layer layer = candidate.Layer!;
        return Know(new Node(nameFreely(layer.Kind.ToLowerInvariant()), layer, [.. inputs.Select(input => input.Node)]), candidate.Values);
    }

    /// <summary>Values that may be what is looked for, and how they come about.</summary>
    private sealed record Candidate(torch.Tensor Values, TracedValue? Known, Layer? Layer, Candidate[] Inputs)
    {
        public int[] Shape { get; } = [.. Values.shape.Skip(1).Select(extent => checked((int)extent))];

        public static Candidate Of(TracedValue value) => new(value.Values, value, null, []);

        public Candidate Then(Layer layer) => new(LayerFunctions.Find(layer)!([Values], [], false), null, layer, [this]);

        public Candidate Plus(Candidate other) => new(Values.add(other.Values), null, new Add(), [this, other]);
    }
}
