using ZipIt.Networks.Kernels;

namespace ZipIt.Networks;

/// <summary>
/// Runs networks on the CPU with managed code and the widest vectors that the processor has; needs no native library.
/// </summary>
/// <remarks>
/// A network is planned once: normalizations, sums and activations are fused into the convolutions before them, weights are stored in
/// the order in which they are read, and memory is shared between values that are not needed at the same time. A session then runs without allocating.
/// Convolutions with 3×3 kernels go by Winograd's method where that is faster; outputs agree with double precision to about five digits.
/// </remarks>
public sealed class CpuEngine : INetworkEngine
{
    private readonly KernelSet _kernels;

    /// <summary>Makes an engine for this processor.</summary>
    public CpuEngine()
        : this(KernelSet.Best)
    {
    }

    /// <summary>Makes an engine with vectors of a given width.</summary>
    internal CpuEngine(KernelSet kernels) => _kernels = kernels;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or the number of threads is negative.</exception>
    public INetworkSession CreateSession(Network network, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new SessionOptions();
        if (options.MaximumBatchSize < 1)
            throw new ArgumentOutOfRangeException(nameof(options), $"Expected a batch size of at least 1, found {options.MaximumBatchSize}.");
        if (options.Threads < 0)
            throw new ArgumentOutOfRangeException(nameof(options), $"Expected a number of threads of at least 0, found {options.Threads}.");
        return new CpuSession(PlanBuilder.Build(network, options, _kernels), options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
    }
}
