using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Chooses how many merged features each space gets, so that the zipped network stays within a budget of multiply-adds (our extension): all spaces are widened
/// evenly at first, then step by step where it explains most of the members' features, for all their readers, per multiply-add.
/// </summary>
internal sealed class WidthPlan
{
    private const int StepsPerSpace = 32;
    private const double SmallestFraction = 0.25; // of the widest member
    private const double EvenShare = 0.9; // of the widths that an even widening gives: the rest goes where it explains most

    private readonly ZipStructure _structure;
    private readonly IReadOnlyDictionary<FeatureSpace, IReadOnlyList<double>> _unexplained;
    private readonly Dictionary<int, int> _widths = []; // by index of the space
    private readonly List<(long Factor, int[] Inputs, int FixedInputs, int? Output, int FixedOutputs)> _layers = [];

    private WidthPlan(ZipStructure structure, IReadOnlyDictionary<FeatureSpace, IReadOnlyList<double>> unexplained)
    {
        (_structure, _unexplained) = (structure, unexplained);
        foreach (FeatureSpace space in structure.MergedSpaces)
            _widths[space.Index] = structure.WidthsOf(space).Max();
        CollectLayers();
    }

    /// <summary>Chooses widths.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="unexplained">For each matched space the fraction of its features that remains unexplained with 1, 2, … merged features.</param>
    /// <param name="budget">Multiply-adds of one image.</param>
    /// <returns>Width of each matched space.</returns>
    /// <exception cref="ArgumentException">Even the narrowest network (a quarter of the members' widths) exceeds the budget.</exception>
    public static Dictionary<FeatureSpace, int> Choose(
        ZipStructure structure, IReadOnlyDictionary<FeatureSpace, IReadOnlyList<double>> unexplained, double budget) => new WidthPlan(structure, unexplained)
        .Choose(budget);

    private Dictionary<FeatureSpace, int> Choose(double budget)
    {
        FeatureSpace[] spaces = [.. _unexplained.Keys];
        double cost = WidenEvenly(SmallestFraction);
        if (cost > budget)
            throw new ArgumentException($"A budget of {budget / 1e6:F1} million multiply-adds cannot be met: with a quarter of the widths up to this cut they are {cost / 1e6:F1} million. Choose a later cut.");

        double low = SmallestFraction, high = _structure.Alignment.Members.Count;
        for (int i = 0; i < 40; i++)
            (low, high) = WidenEvenly((low + high) / 2) <= budget ? ((low + high) / 2, high) : (low, (low + high) / 2);
        cost = WidenEvenly(Math.Max(EvenShare * low, SmallestFraction));

        while (true)
        {
            FeatureSpace? best = null;
            double bestGain = 0, bestCost = 0;
            int bestWidth = 0;
            foreach (FeatureSpace space in spaces)
            {
                IReadOnlyList<double> curve = _unexplained[space];
                int width = _widths[space.Index], wider = Math.Min(width + Math.Max(1, curve.Count / StepsPerSpace), curve.Count);
                if (wider == width)
                    continue;
                _widths[space.Index] = wider;
                double newCost = Cost();
                _widths[space.Index] = width;
                double gain = Math.Max(1, space.Readers.Count) * (curve[width - 1] - curve[wider - 1]) / Math.Max(newCost - cost, 1);
                if (newCost <= budget && (best is null || gain > bestGain))
                    (best, bestGain, bestCost, bestWidth) = (space, gain, newCost, wider);
            }

            if (best is null)
                return spaces.ToDictionary(space => space, space => _widths[space.Index]);
            _widths[best.Index] = bestWidth;
            cost = bestCost;
        }
    }

    /// <summary>Gives every space the same multiple of the widest member's width; returns the multiply-adds.</summary>
    private double WidenEvenly(double factor)
    {
        foreach ((FeatureSpace space, IReadOnlyList<double> curve) in _unexplained)
            _widths[space.Index] = Math.Clamp((int)(factor * _structure.WidthsOf(space).Max()), 1, curve.Count);
        return Cost();
    }

    private double Cost() => _layers.Sum(layer =>
        (double)layer.Factor * (layer.FixedInputs + layer.Inputs.Sum(space => (double)_widths[space])) * (layer.Output is { } output
            ? _widths[output]
            : layer.FixedOutputs));

    /// <summary>All layers with weights: their multiply-adds as a product of input and output widths, which are those of spaces or constants.</summary>
    private void CollectLayers()
    {
        NetworkAlignment alignment = _structure.Alignment;
        for (int m = 0; m < alignment.Members.Count; m++)
        {
            Network network = alignment.Members[m].Network;
            IReadOnlyDictionary<Node, Node> baseOf = _structure.SharedOf(m);
            foreach (Node node in network.Nodes.Where(node => node.Layer.HasWeights))
            {
                bool isShared = baseOf.TryGetValue(node, out Node? shared);
                if (isShared && m > 0)
                    continue;
                LayerParameter weight = node.Layer.Parameters.First(parameter => parameter.Role == ParameterRole.Weight);
                long inputs = weight.InputAxis is { } axis ? weight.Value![axis] : 1, outputs = network.ShapeOf(node)[0];
                long factor = NetworkCost.CountMultiplyAdds(network, node) / (inputs * outputs);
                var variable = new List<int>();
                int constant = (int)inputs;
                if (baseOf.TryGetValue(node.Inputs[0], out Node? source) && node.Layer.Flow == ChannelFlow.Mix)
                {
                    constant = 0;
                    foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(source))
                    {
                        if (_widths.ContainsKey(segment.Space))
                            variable.AddRange(Enumerable.Repeat(segment.Space, segment.Repeats));
                        else
                            constant += segment.Channels * segment.Repeats;
                    }
                }

                if (node.Layer.Flow == ChannelFlow.Keep && isShared)
                {
                    _layers.Add((factor, [_structure.Spaces.LayoutOf(shared!)[0].Space], 0, null, 1));
                    continue;
                }

                int? output = isShared && _structure.Spaces.LayoutOf(shared!) is [{ } written] && _widths.ContainsKey(written.Space) ? written.Space : null;
                _layers.Add((factor, [.. variable], constant, output, (int)outputs));
            }
        }
    }
}
