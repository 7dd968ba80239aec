using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>Counts how often the rows of one view were scored, and says once that a cache would help.</summary>
internal sealed class ScoringPasses(IHost host)
{
    private const int Enough = 3;

    private int _count;

    /// <summary>Begins a pass.</summary>
    /// <param name="cursors">Number of cursors that share its rows.</param>
    /// <returns>What each of them calls at its end, with whether it has scored rows.</returns>
    public Action<bool> Begin(int cursors)
    {
        int open = cursors, scoring = 0;
        return hasScored =>
        {
            if (hasScored)
                Interlocked.Increment(ref scoring);
            if (Interlocked.Decrement(ref open) == 0 && Volatile.Read(ref scoring) > 0 && Interlocked.Increment(ref _count) == Enough)
                Warn();
        };
    }

    private void Warn()
    {
        using IChannel channel = host.Start("Transform");
        channel.Warning(
            MessageSensitivity.None,
            $"All rows were scored {Enough} times: each pass over a scored view runs the network anew. In front of a trainer, or of anything else that reads the scores again and " +
            "again, put AppendCacheCheckpoint(mlContext) behind the zip, or read mlContext.Data.Cache(scored, \"Score\", …) with the names of all columns that are needed.");
    }
}
