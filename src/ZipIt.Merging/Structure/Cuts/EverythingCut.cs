using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.Everything"/>.</summary>
internal sealed record EverythingCut : ZipCut
{
    public override string ToString() => "everything";

    internal override bool IncludesHeads => true;

    internal override HashSet<Node> Select(FeatureSpaces spaces) => [.. spaces.Network.Nodes];
}
