using System.Diagnostics;

namespace ZipIt.Merging;

/// <summary>Takes the time of one stage and tells how far it has come.</summary>
/// <param name="stage">The stage.</param>
/// <param name="progress">Who is told.</param>
internal sealed class StageClock(ZipStage stage, IProgress<ZipProgress>? progress)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _done;
    private long? _total;

    /// <summary>Tells what is done so far.</summary>
    public void Report(long done, long? total)
    {
        (_done, _total) = (done, total);
        progress?.Report(new ZipProgress(stage, done, total, _watch.Elapsed, false));
    }

    /// <summary>Tells that the stage is over.</summary>
    /// <returns>How long it took.</returns>
    public TimeSpan Finish()
    {
        TimeSpan elapsed = _watch.Elapsed;
        progress?.Report(new ZipProgress(stage, _done, _total, elapsed, true));
        return elapsed;
    }
}
