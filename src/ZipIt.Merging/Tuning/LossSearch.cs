using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Finds the largest sharing whose loss, estimated without labels, is small enough: tries the options' cut first, then earlier ones, each behind a stage, and
/// at last the ensemble, which loses nothing.
/// </summary>
internal sealed class LossSearch
{
    private readonly Zipper[] _candidates; // the cheapest first
    private readonly ZipOptions _options;
    private readonly double _loss;

    /// <summary>Prepares a search.</summary>
    /// <param name="zipper">The members, and the options with the furthest cut.</param>
    /// <param name="loss">Largest estimated loss.</param>
    /// <exception cref="ArgumentException">The loss is out of range, or tasks or members' outputs are not known.</exception>
    public LossSearch(Zipper zipper, double loss)
    {
        if (!(loss is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException("options", loss, $"Expected a {nameof(ZipOptions.MaximumLoss)} between 0 and 1.");
        if (RecordedOutputs.TryFind(zipper.Options.Tasks, zipper.Members) is null)
            throw new ArgumentException($"A {nameof(ZipOptions.MaximumLoss)} needs the {nameof(ZipOptions.Tasks)} of all outputs, each of one member.",
                "options");
        if (zipper.Options.FlopsBudget is not null)
            throw new ArgumentException($"Expected a {nameof(ZipOptions.MaximumLoss)} or a {nameof(ZipOptions.FlopsBudget)}, found both.", "options");
        (_loss, _options) = (loss, zipper.Options with { MaximumLoss = null });
        long furthest = ZipCost.CountMultiplyAdds(zipper.Structure);
        IEnumerable<Zipper> earlier = ZipCut.ListStages(zipper.Members[0].Network).Append(ZipCut.Nothing)
            .Select(cut => new Zipper(zipper.Given, _options with { Cut = new LenientCut(cut) }))
            .Where(candidate => ZipCost.CountMultiplyAdds(candidate.Structure) > furthest);
        _candidates = [.. earlier
            .Prepend(new Zipper(zipper.Given, _options))
            .DistinctBy(candidate => candidate.Structure.Shared.Count)
            .OrderBy(candidate => ZipCost.CountMultiplyAdds(candidate.Structure))];
    }

    /// <summary>Zips.</summary>
    /// <param name="images">Calibration images.</param>
    /// <param name="progress">Is told after each batch of the statistics and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public ZipResult Zip(IImageSource images, IProgress<ZipProgress>? progress, CancellationToken cancellationToken)
    {
        var tried = new List<CutReport>();
        foreach (ZipResult result in CandidateZips.Run(_candidates, _options, images, progress, cancellationToken))
        {
            tried.Add(new CutReport(result.Report.Cut, result.Report.Cost.MultiplyAdds, result.Report.Loss ?? double.NaN));
            if (result.Report.Loss <= _loss || tried.Count == _candidates.Length)
                return result with { Report = result.Report with { Cuts = tried } };
        }

        throw new InvalidOperationException("There was no cut to try.");
    }
}
