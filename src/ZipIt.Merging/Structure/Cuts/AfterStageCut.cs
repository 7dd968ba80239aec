using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.AfterStage"/>.</summary>
internal sealed record AfterStageCut(int Count) : ZipCut
{
    public override string ToString() => $"after stage {Count}";

    internal override HashSet<Node> Select(FeatureSpaces spaces)
    {
        NetworkStages stages = NetworkStages.Of(spaces.Network);
        if (Count > stages.Count)
            throw new ArgumentException($"The cut asks for {Count} stages, the first network has {stages.Count}.");
        bool IsBefore(Node node) => node.Inputs.Count == 0 || stages.StageOf(node) is { } stage && stage <= Count;
        return WithFollowers(spaces.Network, [.. spaces.Network.Nodes.Where(IsBefore)]);
    }
}
