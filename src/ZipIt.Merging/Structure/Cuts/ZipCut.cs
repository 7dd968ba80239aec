using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// How far a zip reaches: nodes up to the cut are shared by all tasks, everything behind it stays per task (paper, section 4.3, "partial zip").
/// </summary>
/// <remarks>
/// A cut may lie anywhere, inside a residual stage too: the tails then get their own channels back by a gather. Normalization, activation, pooling and residual
/// sums that follow a shared layer are shared with it.
/// </remarks>
public abstract record ZipCut
{
    private protected ZipCut()
    {
    }

    /// <summary>Nothing is shared: the ensemble of all members in one network.</summary>
    public static ZipCut Nothing { get; } = new NothingCut();

    /// <summary>
    /// Everything is shared, the outputs too ("20/20"): they are averaged, not matched, which needs outputs that mean the same in all members (embeddings that
    /// are compared with class prototypes).
    /// </summary>
    public static ZipCut Everything { get; } = new EverythingCut();

    /// <summary>Everything but the layers that give the outputs is shared ("19/20").</summary>
    public static ZipCut BeforeHeads { get; } = new BeforeHeadsCut();

    /// <summary>
    /// Everything before the heads that all members have in common and that can be merged. Other cuts say so if members lack something that they ask for; this
    /// one stops there. For members that branch at different places, e.g. a partial zip that is extended with one more classifier.
    /// </summary>
    public static ZipCut AsFarAsPossible { get; } = new LenientCut(BeforeHeads);

    /// <summary>
    /// The first layers are shared: 7 of a ResNet-20 is the stem and the first stage ("7/20"). Conv and Linear layers are counted along the longest path from
    /// the input, so that shortcuts do not count.
    /// </summary>
    /// <param name="count">Number of layers, at least 0.</param>
    public static ZipCut AfterLayers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new AfterLayersCut(count);
    }

    /// <summary>All nodes up to a given one are shared, and the per-channel layers that follow it.</summary>
    /// <param name="name">Name of a node of the first member, e.g. <c>layer2.2.conv2</c>.</param>
    public static ZipCut AfterNode(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new AfterNodeCut(name);
    }

    /// <summary>
    /// The first stages are shared. In a network with residual sums, a stage ends with the last sum of one resolution (height × width), and the last stage
    /// takes the layers behind it too: stage n is <c>layerN</c> of a ResNet, the stem belongs to the first. In other networks a stage is all Conv layers of one
    /// resolution: in a VGG, each pooling ends one. Linear layers belong to none.
    /// </summary>
    /// <param name="count">Number of stages, at least 0 and at most what the network has.</param>
    public static ZipCut AfterStage(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new AfterStageCut(count);
    }

    /// <summary>
    /// All nodes up to the one where the n-th feature space is measured are shared (the stopping nodes of the reference implementation): 4 of a ResNet-20 are
    /// the first stage, 8 the second. Spaces that begin before that node and reach beyond it are shared as far as it.
    /// </summary>
    /// <param name="count">Number of feature spaces in the order of the nodes where they are measured, at least 0.</param>
    public static ZipCut AfterSpaces(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new AfterSpacesCut(count);
    }

    /// <summary>
    /// The earliest cut by layers that keeps the zipped network within a multiple of one member's multiply-adds: as accurate as the budget allows, since a zip
    /// costs the less the later it is cut, and loses the more.
    /// </summary>
    /// <param name="factor">
    /// Multiply-adds of the zipped network, as a multiple of those of the most expensive member: 1 for one network, as many as there are members for none
    /// shared.
    /// </param>
    public static ZipCut WithinFlops(double factor)
    {
        if (!(factor > 0 && double.IsFinite(factor)))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "Expected a positive number.");
        return new WithinFactorCut(factor);
    }

    /// <summary>The earliest cut by layers that keeps the zipped network within a number of multiply-adds per image.</summary>
    /// <param name="multiplyAdds">Multiply-adds of all Conv and Linear layers for one image, as <see cref="NetworkCost"/> counts them; positive.</param>
    public static ZipCut WithinMultiplyAdds(long multiplyAdds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(multiplyAdds);
        return new WithinMultiplyAddsCut(multiplyAdds);
    }

    /// <summary>The cuts behind each stage of a network, as <see cref="AfterStage"/> counts them, the deepest first.</summary>
    public static IReadOnlyList<ZipCut> ListStages(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return [.. Enumerable.Range(1, NetworkStages.Of(network).Count).Reverse().Select(AfterStage)];
    }

    /// <summary>Whether the zip ends where the members differ or cannot be merged, instead of refusing.</summary>
    internal virtual bool IsLenient => false;

    /// <summary>Marks what the cut would share in a network, before it is asked whether the members have it in common.</summary>
    /// <param name="spaces">The network's feature spaces.</param>
    /// <exception cref="ArgumentException">The cut names something that the network lacks.</exception>
    internal abstract HashSet<Node> Select(FeatureSpaces spaces);

    /// <summary>Whether the outputs themselves are shared.</summary>
    internal virtual bool IncludesHeads => false;

    /// <summary>
    /// For every node the number of Conv and Linear layers on the longest path from the input up to and including it.
    /// </summary>
    internal static Dictionary<Node, int> CountLayers(Network network)
    {
        var depth = new Dictionary<Node, int>(network.Nodes.Count);
        foreach (Node node in network.Nodes)
        {
            int before = node.Inputs.Count == 0 ? 0 : node.Inputs.Max(input => depth[input]);
            depth[node] = before + (node.Layer.HasWeights ? 1 : 0);
        }

        return depth;
    }

    /// <summary>Normalization, activation, pooling and the residual sum belong to the layer before them.</summary>
    private protected static HashSet<Node> WithFollowers(Network network, HashSet<Node> selected)
    {
        foreach (Node node in network.Nodes)
        {
            if (!node.Layer.MixesChannels && node.Inputs.Count > 0 && node.Inputs.All(selected.Contains))
                selected.Add(node);
        }

        return selected;
    }
}
