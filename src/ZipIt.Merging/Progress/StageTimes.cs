namespace ZipIt.Merging;

/// <summary>Runs the stages of a zip one after the other and keeps how long each took.</summary>
/// <param name="progress">Is told about each.</param>
internal sealed class StageTimes(IProgress<ZipProgress>? progress)
{
    private readonly Dictionary<ZipStage, TimeSpan> _times = [];

    /// <summary>The durations so far.</summary>
    public IReadOnlyDictionary<ZipStage, TimeSpan> Times => _times;

    /// <summary>Runs a stage.</summary>
    public T Run<T>(ZipStage stage, Func<StageClock, T> work)
    {
        var clock = new StageClock(stage, progress);
        T result = work(clock);
        _times[stage] = clock.Finish();
        return result;
    }
}
