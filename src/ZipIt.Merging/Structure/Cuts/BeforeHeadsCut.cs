using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.BeforeHeads"/>.</summary>
internal sealed record BeforeHeadsCut : ZipCut
{
    public override string ToString() => "before heads";

    internal override HashSet<Node> Select(FeatureSpaces spaces) => [.. spaces.Network.Nodes];
}
