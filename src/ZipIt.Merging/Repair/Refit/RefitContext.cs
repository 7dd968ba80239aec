using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What all parts of a refit share.</summary>
/// <param name="Options">Engine and threads.</param>
/// <param name="Refit">How weights are refitted.</param>
/// <param name="Images">The calibration images.</param>
/// <param name="Pool">Memory for whatever is large.</param>
/// <param name="CancellationToken">Ends the work between two batches.</param>
internal sealed record RefitContext(ZipOptions Options, RefitOptions Refit, CalibrationImages Images, BufferPool Pool, CancellationToken CancellationToken)
{
    /// <summary>Memory.</summary>
    public RefitBudget Budget { get; } = new(Refit.MemoryBudget);

    /// <summary>Number of threads; 0 for one per processor.</summary>
    public int Threads => Options.Threads;

    /// <summary>Makes a session for images whose values lie channels last.</summary>
    public INetworkSession CreateSession(Network network, int batchSize) =>
        Options.Engine.CreateSession(network, new SessionOptions
        {
            MaximumBatchSize = batchSize,
            Threads = Threads,
            ChannelsLastInputs = true,
            Limits = SessionLimits.None,
            Pool = Pool,
        });
}
