using System.Globalization;

namespace ZipIt.Merging;

/// <summary>Finds the place that a cut stands for: a budget becomes the earliest cut by layers that keeps it.</summary>
internal static class CutSearch
{
    /// <summary>What a zip of some members shares.</summary>
    /// <param name="members">The members.</param>
    /// <param name="cut">How far the zip reaches.</param>
    /// <param name="start">What stays per member at the front.</param>
    /// <param name="shareNormalization">Whether members that normalize images differently share one normalization.</param>
    /// <exception cref="ArgumentException">
    /// No cut meets the budget, or the members do not have in common what the cut asks for; the message names member and node.
    /// </exception>
    public static ZipStructure Find(IReadOnlyList<ZipMember> members, ZipCut cut, ZipCut start, bool shareNormalization)
    {
        var alignment = new NetworkAlignment(members);
        FeatureSpaces spaces = FeatureSpaces.Find(alignment.Base);
        ZipCut front = start is BudgetCut place ? FindEarliest(alignment, spaces, place, ZipCut.Nothing, shareNormalization).Cut : start;
        return cut is BudgetCut budget
            ? FindEarliest(alignment, spaces, budget, front, shareNormalization)
            : new ZipStructure(alignment, spaces, cut, front, shareNormalization);
    }

    /// <summary>The earliest cut is as accurate as a budget allows: a zip costs the less the later it is cut, and loses the more.</summary>
    private static ZipStructure FindEarliest(NetworkAlignment alignment, FeatureSpaces spaces, BudgetCut budget, ZipCut start, bool shareNormalization)
    {
        long most = budget.BudgetFor(alignment.Members), least = long.MaxValue;
        int layers = ZipCut.CountLayers(alignment.Base).Values.Max();
        for (int count = 0; count <= layers; count++)
        {
            var structure = new ZipStructure(alignment, spaces, new LenientCut(ZipCut.AfterLayers(count)), start, shareNormalization);
            long cost = ZipCost.CountMultiplyAdds(structure);
            if (cost <= most)
                return structure;
            least = Math.Min(least, cost);
        }

        throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture, $"No cut keeps the zipped network within {most:N0} multiply-adds per image; the cheapest one needs {least:N0}."));
    }
}
