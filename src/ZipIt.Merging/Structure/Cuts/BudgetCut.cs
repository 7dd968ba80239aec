using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A budget of multiply-adds in the place of a cut; which cut it stands for depends on the members (<see cref="CutSearch"/>).</summary>
internal abstract record BudgetCut : ZipCut
{
    /// <summary>Largest number of multiply-adds of the zipped network for one image.</summary>
    public abstract long BudgetFor(IReadOnlyList<ZipMember> members);

    internal sealed override HashSet<Node> Select(FeatureSpaces spaces) =>
        throw new InvalidOperationException("A budget selects nodes only for given members.");
}
