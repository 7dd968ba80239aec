using System.Globalization;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.WithinMultiplyAdds"/>.</summary>
internal sealed record WithinMultiplyAddsCut(long MultiplyAdds) : BudgetCut
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"within {MultiplyAdds:N0} multiply-adds");

    public override long BudgetFor(IReadOnlyList<ZipMember> members) => MultiplyAdds;
}
