using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// Runs networks on the CPU with managed code and the widest vectors that the processor has; needs no native library.
/// </summary>
/// <remarks>
/// A network is planned once: normalizations, sums and activations are fused into the convolutions before them, weights are stored in
/// the order in which they are read, and memory is shared between values that are not needed at the same time. A session then runs without allocating.
/// Sessions that run the same network with the same options at the same time share one plan, and so one copy of the weights.
/// Convolutions with 3×3 kernels go by Winograd's method where that is faster; outputs agree with double precision to about five digits.
/// </remarks>
public sealed class CpuEngine : INetworkEngine
{
    private readonly KernelSet _kernels;
    private readonly ConditionalWeakTable<Network, ConcurrentDictionary<PlanKey, WeakReference<ExecutionPlan>>> _plans = [];

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
        Check(options);
        return new CpuSession(FindPlan(network, options), options.Threads, options.Pool);
    }

    /// <summary>What a session would take, without making it; takes time with the size of the graph, not with that of the weights.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="options">What the session must be able to do; null for the defaults.</param>
    /// <exception cref="NotSupportedException">The engine lacks a layer of the network.</exception>
    /// <exception cref="ArgumentException">The session would be refused; see <see cref="CreateSession"/>.</exception>
    /// <exception cref="KeyNotFoundException">A tap names no node of the network.</exception>
    public SessionCost MeasureSession(Network network, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new SessionOptions();
        Check(options);
        PlanCost cost = PlanBuilder.Draft(network, options, _kernels).Cost;
        return new SessionCost(cost.WeightBytes, cost.ImageBytes, cost.Operations, cost.ImagesWithin(options.Limits ?? SessionLimits.Default));
    }

    private static void Check(SessionOptions options)
    {
        if (options.MaximumBatchSize < 1)
            throw new ArgumentOutOfRangeException(nameof(options), $"Expected a batch size of at least 1, found {options.MaximumBatchSize}.");
        if (options.Threads < 0)
            throw new ArgumentOutOfRangeException(nameof(options), $"Expected a number of threads of at least 0, found {options.Threads}.");
    }

    /// <summary>The plan of a living session, or a new one: plans live no longer than the sessions that use them.</summary>
    private ExecutionPlan FindPlan(Network network, SessionOptions options)
    {
        var key = new PlanKey(options.MaximumBatchSize, options.BatchStatistics, options.ChannelsLastInputs, string.Join('\0', options.Taps));
        ConcurrentDictionary<PlanKey, WeakReference<ExecutionPlan>> plans = _plans.GetOrCreateValue(network);
        if (plans.TryGetValue(key, out WeakReference<ExecutionPlan>? known) && known.TryGetTarget(out ExecutionPlan? plan))
        {
            plan.Cost.Check(options.Limits ?? SessionLimits.Default);
            return plan;
        }

        plan = PlanBuilder.Build(network, options, _kernels);
        plans[key] = new WeakReference<ExecutionPlan>(plan);
        return plan;
    }

    /// <summary>The options that a plan depends on.</summary>
    private readonly record struct PlanKey(int MaximumBatchSize, bool BatchStatistics, bool ChannelsLastInputs, string Taps);
}
