using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>What a session must be able to do.</summary>
public sealed record SessionOptions
{
    /// <summary>Largest number of images per run; buffers are sized for it. Default 32.</summary>
    public int MaximumBatchSize { get; init; } = 32;

    /// <summary>
    /// Names of nodes whose values <see cref="INetworkSession.GetTap"/> shall give: whatever node, also one that would otherwise be fused away
    /// (a BatchNorm before its ReLU). Default none.
    /// </summary>
    public IReadOnlyList<string> Taps { get; init; } = [];

    /// <summary>
    /// Whether BatchNorm layers normalize with the mean and (biased) variance of the batch instead of their running statistics, as in training mode. Default
    /// false.
    /// </summary>
    public bool BatchStatistics { get; init; }

    /// <summary>Whether inputs arrive as [batch, height, width, channels] instead of [batch, channels, height, width]. Default false.</summary>
    public bool ChannelsLastInputs { get; init; }

    /// <summary>What the network may cost for one image; null for <see cref="SessionLimits.Default"/>. Default null.</summary>
    public SessionLimits? Limits { get; init; }

    /// <summary>Number of threads to use; 0 for one per processor. Results do not depend on it. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Where <see cref="CpuEngine"/> takes the memory for values, for as long as the session is not disposed; null for memory of the garbage collector. Default
    /// null.
    /// </summary>
    internal BufferPool? Pool { get; init; }
}
