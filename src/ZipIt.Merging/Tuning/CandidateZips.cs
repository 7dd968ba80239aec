namespace ZipIt.Merging;

/// <summary>Zips of the same members that differ in cut and matcher: one pass over the images gives the statistics of all.</summary>
internal static class CandidateZips
{
    /// <summary>Zips one candidate after the other, when it is asked for; spaces that are asked the same are matched once.</summary>
    /// <param name="candidates">Zippers of the same members.</param>
    /// <param name="options">Engine, threads and batch size.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="progress">Is told after each batch of the pass and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public static IEnumerable<ZipResult> Run(
        IReadOnlyList<Zipper> candidates, ZipOptions options, IImageSource images, IProgress<ZipProgress>? progress, CancellationToken cancellationToken)
    {
        var stages = new StageTimes(progress);
        var pass = new StatisticsPass(candidates[0].Given, [.. candidates.Select(candidate => candidate.Structure)], options)
        {
            Outputs = RecordedOutputs.TryFind(candidates[0].Options.Tasks, candidates[0].Members),
        };
        IReadOnlyList<SpaceStatistics> statistics = stages.Run(ZipStage.Statistics, clock => pass.Run(images, null, clock, cancellationToken));
        var clock = new StageClock(ZipStage.Tuning, progress);
        var cache = new MapCache();
        try
        {
            for (int i = 0; i < candidates.Count; i++)
            {
                ZipResult result = candidates[i].Finish(statistics, cache, images, pass, cancellationToken);
                clock.Report(i + 1, candidates.Count);
                yield return result;
            }
        }
        finally
        {
            clock.Finish();
        }
    }
}
