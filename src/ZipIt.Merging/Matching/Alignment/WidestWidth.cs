namespace ZipIt.Merging;

/// <summary>For matchers that align features one to one: they keep as many as the widest model has, and no other number.</summary>
internal static class WidestWidth
{
    /// <summary>The number of features to keep.</summary>
    /// <exception cref="ArgumentException">Another number was asked for.</exception>
    public static int Of(MatchingProblem problem, string method)
    {
        int widest = 0;
        foreach (int width in problem.Statistics.Widths)
            widest = Math.Max(widest, width);
        return problem.MergedCount == widest
            ? widest
            : throw new ArgumentException($"{method} keeps as many features as the widest model has, {widest}, but {problem.MergedCount} were asked for.",
                nameof(problem));
    }

    /// <summary>Refuses options that ask for other widths.</summary>
    /// <exception cref="ArgumentException">They do.</exception>
    public static void Check(Zipper zipper, string method)
    {
        ArgumentNullException.ThrowIfNull(zipper);
        if (zipper.Options.FlopsBudget is not null)
        {
            throw new ArgumentException(
                $"{method} keeps the widest network's width in every space, so it cannot choose widths within a {nameof(ZipOptions.FlopsBudget)}. Choose a cut, or another matcher.", nameof(zipper));
        }

        foreach (FeatureSpace space in zipper.Structure.MatchedSpaces)
        {
            int widest = zipper.Structure.WidthsOf(space).Max();
            if (zipper.Options.Widths.TryGetValue(space.Name, out int width) && width != widest)
                throw new ArgumentException($"{method} keeps the widest network's {widest} features of '{space.Name}', but {width} were asked for. Choose another matcher.", nameof(zipper));
        }
    }
}
