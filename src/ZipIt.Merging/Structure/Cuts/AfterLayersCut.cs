using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.AfterLayers"/>.</summary>
internal sealed record AfterLayersCut(int Count) : ZipCut
{
    public override string ToString() => $"after {Count} layers";

    internal override HashSet<Node> Select(FeatureSpaces spaces)
    {
        Dictionary<Node, int> depth = CountLayers(spaces.Network);
        return [.. spaces.Network.Nodes.Where(node => depth[node] <= Count)];
    }
}
