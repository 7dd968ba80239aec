using System.Globalization;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.WithinFlops"/>.</summary>
internal sealed record WithinFactorCut(double Factor) : BudgetCut
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"within {Factor} times the multiply-adds of one network");

    public override long BudgetFor(IReadOnlyList<ZipMember> members) =>
        (long)Math.Floor(Factor * members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds) + 1e-6);
}
