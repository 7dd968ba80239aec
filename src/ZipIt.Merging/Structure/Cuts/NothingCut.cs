using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.Nothing"/>.</summary>
internal sealed record NothingCut : ZipCut
{
    public override string ToString() => "nothing";

    internal override HashSet<Node> Select(FeatureSpaces spaces) => [];
}
