using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// A set of channels that must share one merge, because residual additions and per-channel layers tie them together. It is written by the outputs of
/// Conv/Linear layers, carried by per-channel layers and read by the inputs of further Conv/Linear layers.
/// </summary>
public sealed class FeatureSpace
{
    internal FeatureSpace(int index, int width, bool isInput)
    {
        (Index, Width, IsInput) = (index, width, isInput);
    }

    /// <summary>Position in <see cref="FeatureSpaces"/>.</summary>
    public int Index { get; }

    /// <summary>Number of channels.</summary>
    public int Width { get; }

    /// <summary>Whether these are the channels of the image, which all models have in common and which are never merged.</summary>
    public bool IsInput { get; }

    /// <summary>Whether these are channels of an output of the network.</summary>
    public bool IsOutput { get; internal set; }

    /// <summary>Why the channels cannot be merged, as a sentence that names the node; null if they can.</summary>
    public string? Obstacle { get; internal set; }

    /// <summary>All nodes whose value consists of these channels alone, in topological order.</summary>
    public IReadOnlyList<Node> Nodes { get; internal set; } = [];

    /// <summary>Conv and Linear layers whose outputs are these channels.</summary>
    public IEnumerable<Node> Writers => Nodes.Where(node => node.Layer.MixesChannels);

    /// <summary>Layers that act on each of the channels alone, and residual additions.</summary>
    public IEnumerable<Node> Carriers => Nodes.Where(node => !node.Layer.MixesChannels);

    /// <summary>Conv and Linear layers that take these channels (perhaps besides others).</summary>
    public IReadOnlyList<Node> Readers { get; internal set; } = [];

    /// <summary>The node whose value stands for the space in reports: the last one before pooling over pixels.</summary>
    public string Name => ObservationAmong(_ => true)?.Name ?? $"space {Index}";

    /// <summary>
    /// Where the features of the space are measured: after the activation, at the input of the next weight layer; in a residual stage at its end
    /// (method of the reference implementation). Means over all pixels and flattening come later.
    /// </summary>
    /// <param name="isCandidate">Which nodes may be chosen.</param>
    internal Node? ObservationAmong(Func<Node, bool> isCandidate) =>
        Nodes.LastOrDefault(node => !node.Layer.AveragesPixels && node.Layer.Flow != ChannelFlow.Flatten && isCandidate(node));

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Width} channels)";
}
