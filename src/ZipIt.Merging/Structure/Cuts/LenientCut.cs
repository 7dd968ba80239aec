using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Another cut, that ends where the members differ or cannot be merged.</summary>
internal sealed record LenientCut(ZipCut Inner) : ZipCut
{
    public override string ToString() => Inner is BeforeHeadsCut ? "as far as possible" : Inner.ToString();

    internal override bool IsLenient => true;

    internal override HashSet<Node> Select(FeatureSpaces spaces) => Inner.Select(spaces);
}
