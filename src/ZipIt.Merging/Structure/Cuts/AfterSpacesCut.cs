using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.AfterSpaces"/>.</summary>
internal sealed record AfterSpacesCut(int Count) : ZipCut
{
    public override string ToString() => $"after {Count} spaces";

    internal override HashSet<Node> Select(FeatureSpaces spaces)
    {
        Network network = spaces.Network;
        IEnumerable<FeatureSpace> inner = spaces.Where(space => !space.IsInput && !space.IsOutput && space.Nodes.Count > 0);
        int[] ends = [.. inner.Select(space => network.IndexOf(space.Name)).Order()];
        if (Count > ends.Length)
            throw new ArgumentException($"The cut asks for {Count} feature spaces, the first network has {ends.Length} before its heads.");
        return Count == 0 ? [] : WithFollowers(network, [.. network.Nodes.Take(ends[Count - 1] + 1)]);
    }
}
