using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Refits the weights of a zipped network in closed form, from the same unlabelled images and without gradients: walks it from the input to the outputs, and in
/// each layer solves
/// <c>min_W Σ ‖W·x* − Σₘ Mₘ·yₘ‖² + λ‖W − W₀‖²</c>, where x* is what the layers refitted so far give it, yₘ what the layer gives in member m, and W₀ the weights
/// of the zip (the idea of PLeaS: Nasery et al. 2024, arXiv 2407.02447; the sequential closed form, with residual sums, activation-aware targets and shared
/// outputs, is ours).
/// </summary>
/// <remarks>
/// <para>
/// A convolution is fitted together with its batch normalization, which is folded into it. Layers that end in one residual sum are fitted together to
/// <c>M·(original sum) − (the sum's other inputs as they are now)</c>, so that they repair what the stream has lost. In tails the targets are the member's own
/// values. Where a layer alone reads what the one before it gives, both are then fitted together (<see cref="PairRounds"/>).
/// </para>
/// <para>
/// Gram matrices are sums over tiles of samples in double precision; those of the whole set are never in memory together unless they fit the budget.
/// Convolutions of 3×3 pixels with stride 1 are sampled in windows of neighbouring pixels, for which products are shared (<see cref="WindowMatrix"/>); other
/// layers at single pixels. Results do not depend on the number of threads.
/// </para>
/// </remarks>
internal sealed class LeastSquaresRefit
{
    private const long ManyBytes = 512L << 20;

    private readonly RefitContext _context;
    private readonly RefitPlan _plan;
    private readonly NetworkRewriter _refitted;
    private readonly Frontier _frontier;
    private readonly MemberTargets _targets;
    private readonly TaskTargets _taskTargets;
    private readonly Dictionary<RefitUnit, (Matrix Weights, FactoredEquations Equations)> _fitted = []; // first units of pairs whose turn comes
    private readonly Dictionary<Node, float[]> _leftOut = []; // by output: values [images, length] of fits without the image
    private readonly List<LayerReport> _reports = [];

    private LeastSquaresRefit(RefitContext context, MergedNetwork merged, IReadOnlyList<ZipMember> members, MemberSamples? samples)
    {
        _context = context;
        _plan = new RefitPlan(merged, context.Refit, context.Images.Count, HeldOutImages.For(context.Options, context.Images.Count));
        _refitted = new NetworkRewriter(merged.Network);
        _frontier = new Frontier(merged.Network, node => _refitted[node], context);
        _taskTargets = new TaskTargets(context, merged.Network, members);
        _targets = new MemberTargets(context, _plan, members, _taskTargets.MemberOutputs, samples);
    }

    /// <summary>Refits a zipped network.</summary>
    /// <param name="merged">The network as the merger built it; its normalization need not be reset.</param>
    /// <param name="members">The networks that it was made of.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">Engine, threads and batch size; <see cref="ZipOptions.Refit"/> or the defaults tell the rest.</param>
    /// <param name="clock">Is told after each layer.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <param name="prepared">What was prepared, after the members were sampled; null for nothing. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public static RefitResult Apply(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, StageClock? clock, CancellationToken cancellationToken,
        RefitPreparation? prepared = null)
    {
        RefitOptions refit = options.Refit ?? new RefitOptions();
        refit.Check();

        // Statistics of wide networks are garbage by now, and nothing tells the collector that the refit takes memory of its own.
        if (GC.GetTotalMemory(forceFullCollection: false) > ManyBytes)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using BufferPool? own = prepared is null ? new BufferPool() : null;
        merged = DeepHeads.Widen(merged, members, options);
        var context = new RefitContext(options, refit, prepared?.Images ?? ReadImages(merged.Network, images, options, refit), prepared?.Pool ?? own!,
            cancellationToken);
        return new LeastSquaresRefit(context, merged, members, prepared?.Samples).Run(clock);
    }

    /// <summary>Reads the images for the refit of a network of a given structure.</summary>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public static CalibrationImages ReadImages(Network network, IImageSource images, ZipOptions options, RefitOptions refit)
    {
        // No value of a batch shall be much larger than the budget says.
        long largest = network.Nodes.Max(node => network.ShapeOf(node).ToArray().Aggregate((long)sizeof(float), (product, extent) => product * extent));
        int batchSize = Math.Min(options.BatchSize, (int)Math.Clamp(RefitBudget.BatchValue / largest, 1, 1000));
        IImageSource source = refit.MaximumImages is null || !options.Shuffle ? images : new ShuffledImages(images, options.Seed);
        var read = new CalibrationImages(source, batchSize, refit.MaximumImages, new RefitBudget(refit.MemoryBudget).Images);
        return read.Count >= 2
            ? read
            : throw new ArgumentException($"Expected at least two calibration images, better 100 or more, found {read.Count}.", nameof(images));
    }

    private RefitResult Run(StageClock? clock)
    {
        foreach (RefitUnit unit in _plan.Units)
        {
            Refit(unit);
            _context.Pool.Trim();
            clock?.Report(_reports.Count, _plan.Units.Count);
        }

        return new RefitResult(_refitted.ToNetwork(), _reports) { Outputs = _taskTargets.Compare(_leftOut, _plan.HeldOut is not null) };
    }

    private void Refit(RefitUnit unit)
    {
        RefitPair? pair = _plan.PairOf(unit);
        PairMaps? maps = null;
        if (pair is not null)
        {
            _targets.Sample(unit);
            maps = new PairMaps(pair, _plan.MapImagesOf(unit)!.Value, _targets.TakeMaps(unit), _context.Pool);
        }

        using (maps)
        {
            (Matrix weights, FactoredEquations equations) = FitAlone(unit, maps);
            if (pair is not null)
                FitTogether(pair, maps!, weights, equations);
            if (_plan.IsFirstOfPair(unit))
                _fitted[unit] = (weights, equations);
            else
                equations.Dispose();
        }

        _targets.Release(unit);
    }

    /// <summary>Fits a unit to its targets.</summary>
    /// <returns>Weights and equations of its last group of channels, of which units of pairs have one.</returns>
    private (Matrix Weights, FactoredEquations Equations) FitAlone(RefitUnit unit, PairMaps? maps)
    {
        SampleLayout layout = _plan.LayoutOf(unit);
        float[]? outputTable = _taskTargets.TryGet(unit, layout.Channels, _targets);
        using var samples = new UnitSamples(_context, unit, layout, _frontier, _targets, outputTable, maps);
        var solutions = new Matrix[layout.Groups];
        double ridge = 0, before = 0, after = 0, energy = 0;
        FactoredEquations? equations = null;
        for (int g = 0; g < solutions.Length; g++)
        {
            equations?.Dispose();
            var problem = new UnitProblem(_context, unit, samples, g, _plan.HoldsOutFrom(unit));
            (solutions[g], equations) = problem.Solve(_plan.ActivationRoundsOf(unit));
            ridge = Math.Max(ridge, problem.Ridge);
            (double b, double a, double e) = problem.MeasureErrors();
            (before, after, energy) = (before + b, after + a, energy + e);
            if (_plan.IsLeftOneOut(unit) && _taskTargets.Serves(unit))
                _leftOut[unit.Target] = problem.PredictLeftOut(equations);
        }

        Emit(unit, solutions);
        double share = energy > 0 ? 1 / energy : 0;
        _reports.Add(new LayerReport(unit.Target.Name, layout.Columns - 1, layout.Rows, ridge, before * share, after * share));
        return (solutions[^1], equations!);
    }

    /// <summary>Fits a pair of units together, after each has been fitted alone.</summary>
    private void FitTogether(RefitPair pair, PairMaps maps, Matrix secondWeights, FactoredEquations second)
    {
        (Matrix firstWeights, FactoredEquations first) = _fitted[pair.First];
        _fitted.Remove(pair.First);
        using (first)
        using (var rounds = new PairRounds(_plan.LayoutOf(pair), maps, _context.Threads, _context.Pool))
        {
            double error = rounds.Run(_plan.PairRoundsOf(pair), firstWeights, secondWeights, first, second, _context.CancellationToken);
            _reports[^1] = _reports[^1] with { ErrorAfter = error };
        }

        Emit(pair.First, [firstWeights]);
        Emit(pair.Second, [secondWeights]);
        _frontier.Forget(pair.First.Layers[0].Node);
    }

    /// <summary>
    /// Writes the solutions into new layers; the intercept of layers that are fitted together goes to the first of them. What was folded is gone.
    /// </summary>
    private void Emit(RefitUnit unit, Matrix[] solutions)
    {
        SampleLayout layout = _plan.LayoutOf(unit);
        int first = 0, groupOutputs = solutions[0].Rows, outputs = groupOutputs * solutions.Length;
        for (int l = 0; l < unit.Layers.Count; l++)
        {
            UnitLayer layer = unit.Layers[l];
            int taps = layout.ColumnsOf(0)[l].Taps, inputs = layout.ColumnsOf(0)[l].Channels;
            var weight = new Tensor(outputs, inputs, taps);
            var bias = new Tensor(outputs);
            for (int o = 0; o < outputs; o++)
            {
                ReadOnlySpan<double> row = solutions[o / groupOutputs].Row(o % groupOutputs);
                for (int i = 0; i < inputs; i++)
                {
                    for (int t = 0; t < taps; t++)
                        weight.Span[(o * inputs + i) * taps + t] = (float)row[first + t * inputs + i];
                }

                bias.Span[o] = (float)row[^1];
            }

            _refitted.Replace(layer.Node, layer.With(weight, l == 0 ? bias : null));
            if (layer.NormNode is not null)
                _refitted.Remove(layer.NormNode);
            first += taps * inputs;
        }
    }
}
