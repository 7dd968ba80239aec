using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Refits the weights of a zipped network in closed form, from the same unlabelled images and without gradients: walks it from the input to the outputs, and in each layer solves
/// <c>min_W Σ ‖W·x* − Σₘ Mₘ·yₘ‖² + λ‖W − W₀‖²</c>, where x* is what the layers refitted so far give it, yₘ what the layer gives in member m, and W₀ the weights of the zip
/// (the idea of PLeaS: Nasery et al. 2024, arXiv 2407.02447; the sequential closed form, with residual sums, activation-aware targets and shared outputs, is ours).
/// </summary>
/// <remarks>
/// <para>
/// A convolution is fitted together with its batch normalization, which is folded into it. Layers that end in one residual sum are fitted together to
/// <c>M·(original sum) − (the sum's other inputs as they are now)</c>, so that they repair what the stream has lost. In tails the targets are the member's own values.
/// Where a layer alone reads what the one before it gives, both are then fitted together (<see cref="PairRounds"/>).
/// </para>
/// <para>
/// Gram matrices are sums over tiles of im2col rows in double precision; the rows of the whole set are never in memory together unless they fit the budget. Results do not
/// depend on the number of threads.
/// </para>
/// </remarks>
internal sealed partial class LeastSquaresRefit
{
    private const int PlentyOfSamples = 8; // per unknown: the ridge then hardly matters
    private const int PlentyOfImages = 50; // the same for heads, where each image is one sample
    private const double DefaultRidge = 1e-3;
    private const double Relaxation = 1.5; // a majorization's steps may be up to twice as long without raising the error, and then need fewer rounds
    private const int Wide = 2000; // unknowns, from which on one activation round is made: each takes as long as half of everything else
    private static readonly double[] RidgeCandidates = [1e-4, 1e-3, 1e-2, 1e-1, 1];

    private readonly MergedNetwork _merged;
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly ZipOptions _options;
    private readonly RefitOptions _refit;
    private readonly CalibrationImages _images;
    private readonly int _batchSize;
    private readonly Dictionary<Node, RefitUnit> _units;
    private readonly Dictionary<Node, Node> _new = [];
    private readonly FloatPool _pool = new();
    private readonly FeatureWalk _mergedWalk;
    private readonly Dictionary<RefitUnit, SampleLayout> _layouts;
    private readonly Dictionary<RefitUnit, RefitPair> _pairs; // by their second unit
    private readonly Dictionary<RefitUnit, (Matrix Weights, FactoredEquations Equations)> _fitted = []; // first units of pairs whose turn comes
    private readonly MemberTargets _targets;
    private readonly List<(int Member, Node Node)>? _taskOutputs; // null if not every task is a member's
    private readonly List<LayerReport> _reports = [];
    private OutputTargets? _outputTargets;

    private LeastSquaresRefit(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, RefitOptions refit, RefitPreparation? prepared, CancellationToken cancellationToken)
    {
        IReadOnlySet<Node>? readouts = null;
        if (refit.DeepHeads)
            (merged, readouts) = DeepHeads.Widen(merged, MostMultiplyAdds(members, options));
        (_merged, _members, _options, _refit) = (merged, members, options, refit);
        _pool.Trim();
        _batchSize = Math.Min(options.BatchSize, LargestBatch(merged.Network));
        IImageSource source = refit.MaximumImages is null || !options.Shuffle ? images : new ShuffledImages(images, options.Seed);
        _images = prepared?.Images ?? new CalibrationImages(source, _batchSize, refit.MaximumImages, refit.MemoryBudget / 8);
        if (_images.Count < 2)
            throw new ArgumentException($"Expected at least two calibration images, better 100 or more, found {_images.Count}.", nameof(images));
        _units = RefitUnit.Find(merged);
        _mergedWalk = new FeatureWalk(merged.Network, _images.Sizes.Count, _pool, node => _new[node]);
        RefitUnit[] units = [.. Order(merged.Network).Where(node => _units.TryGetValue(node, out RefitUnit? unit) && ReferenceEquals(unit.Target, node)).Select(node => _units[node])];
        _layouts = units.ToDictionary(unit => unit, unit => new SampleLayout(merged.Network, unit, refit, _images.Count));
        _pairs = RefitPair.Find(merged.Network, units, readouts).Where(entry => RoundsOf(entry.Value) > 0).ToDictionary();
        _taskOutputs = FindTaskOutputs();
        _targets = new MemberTargets(
            merged, members, _images, units.Select(unit => (unit, _layouts[unit], SampleOf(unit))), _taskOutputs ?? [], options, TargetBudget, _pool, prepared?.Samples, cancellationToken);
    }

    /// <summary>
    /// Prepares the refit of a network that is not known yet: reads the images, and says where members are to be sampled while they run for the statistics.
    /// </summary>
    /// <param name="likely">A network with the structure and the widths that the zipped one will have; its weights do not matter.</param>
    /// <param name="members">The members.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">As for the refit.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public static RefitPreparation Prepare(MergedNetwork likely, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, CancellationToken cancellationToken)
    {
        var refit = new LeastSquaresRefit(likely, members, images, options, options.Refit!, null, cancellationToken);
        var samples = new MemberSamples(
            refit._layouts.Select(entry => (refit._merged.Origins[entry.Key.Target].Sources, entry.Value, refit.SampleOf(entry.Key))), members, refit._images.Count);
        return new RefitPreparation(refit._images, samples.Bytes <= options.Refit!.MemoryBudget / 2 ? samples : null);
    }

    /// <summary>Refits a zipped network.</summary>
    /// <param name="merged">The network as the merger built it; its normalization need not be reset.</param>
    /// <param name="members">The networks that it was made of.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">Engine, threads and batch size; <see cref="ZipOptions.Refit"/> or the defaults tell the rest.</param>
    /// <param name="clock">Is told after each layer.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <param name="prepared">What <see cref="Prepare"/> gave, after the members were sampled; null for nothing. The result does not depend on it.</param>
    public static RefitResult Apply(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, StageClock? clock, CancellationToken cancellationToken,
        RefitPreparation? prepared = null)
    {
        RefitOptions refit = options.Refit ?? new RefitOptions();
        refit.Check();
        return new LeastSquaresRefit(merged, members, images, options, refit, prepared, cancellationToken).Run(clock, cancellationToken);
    }

    private RefitResult Run(StageClock? clock, CancellationToken cancellationToken)
    {
        foreach (Node node in Order(_merged.Network))
        {
            if (!_units.TryGetValue(node, out RefitUnit? unit))
            {
                _new[node] = node.Inputs.Count == 0 ? node : new Node(node.Name, node.Layer, [.. node.Inputs.Select(input => _new[input])]);
            }
            else if (ReferenceEquals(unit.Target, node))
            {
                Refit(unit, cancellationToken);
                _pool.Trim();
                clock?.Report(_reports.Count, _layouts.Count);
            }
        }

        var network = new Network([.. _merged.Network.Heads.Select(head => new Head(head.Name, _new[head.Node]))]);
        return new RefitResult(network, _reports);
    }

    /// <summary>Nodes in the order of the walk. Outputs come last: their targets may depend on the outputs of all members.</summary>
    private static IEnumerable<Node> Order(Network network)
    {
        HashSet<Node> heads = [.. network.Heads.Select(head => head.Node)];
        return network.Nodes.Where(node => !heads.Contains(node)).Concat(heads);
    }

    private void Refit(RefitUnit unit, CancellationToken cancellationToken)
    {
        RefitPair? pair = _pairs.GetValueOrDefault(unit);
        PairRounds? rounds = null;
        if (pair is not null)
        {
            _targets.Sample(unit);
            rounds = new PairRounds(pair, _layouts[pair.First], _layouts[unit], SampleOf(unit)!.Value, _targets.GetMaps(unit), _options.Threads);
        }

        using (var samples = new Samples(this, unit, rounds, cancellationToken))
        {
            var solutions = new Matrix[samples.Groups];
            double ridge = 0, before = 0, after = 0, energy = 0;
            FactoredEquations? equations = null;
            for (int g = 0; g < samples.Groups; g++)
            {
                var problem = new Problem(this, unit, samples, g);
                solutions[g] = problem.Solve();
                (ridge, equations) = (Math.Max(ridge, problem.Ridge), problem.Equations);
                (double b, double a, double e) = problem.MeasureErrors();
                (before, after, energy) = (before + b, after + a, energy + e);
            }

            Emit(unit, solutions);
            double unitOfError = energy > 0 ? 1 / energy : 0;
            _reports.Add(new LayerReport(unit.Target.Name, samples.Columns - 1, samples.Rows, ridge, before * unitOfError, after * unitOfError));
            if (pair is not null || _pairs.Values.Any(other => other.First == unit))
                _fitted[unit] = (solutions[0], equations!);
        }

        if (pair is not null)
            FitTogether(pair, rounds!, cancellationToken);
        _targets.Release(unit);
        if (!_pairs.Values.Any(other => other.First == unit))
            _fitted.Remove(unit);
    }

    /// <summary>Fits a pair of units together, after each has been fitted alone.</summary>
    private void FitTogether(RefitPair pair, PairRounds rounds, CancellationToken cancellationToken)
    {
        ((Matrix firstWeights, FactoredEquations first), (Matrix secondWeights, FactoredEquations second)) = (_fitted[pair.First], _fitted[pair.Second]);
        double error = rounds.Run(RoundsOf(pair), firstWeights, secondWeights, first, second, cancellationToken);
        _fitted.Remove(pair.First);
        Emit(pair.First, [firstWeights]);
        Node activation = pair.Hidden;
        _new[activation] = new Node(activation.Name, activation.Layer, _new[activation.Inputs[0]]);
        Emit(pair.Second, [secondWeights]);
        _mergedWalk.Forget(pair.First.Layers[0].Node);
        _reports[^1] = _reports[^1] with { ErrorAfter = error };
    }

    /// <summary>What the options allow, if they name a budget.</summary>
    private static double MostMultiplyAdds(IReadOnlyList<ZipMember> members, ZipOptions options) => Math.Min(
        options.FlopsBudget is { } budget ? budget * members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds) : double.PositiveInfinity,
        options.Cut is BudgetCut cut ? cut.BudgetFor(members) : double.PositiveInfinity);

    private bool IsHead(RefitUnit unit) => unit.Layers is [{ Node.Layer: Linear }] && _merged.Network.Heads.Any(head => ReferenceEquals(head.Node, unit.Target));

    private int RoundsOf(RefitPair pair) =>
        _refit.PairRounds ?? Math.Max(_layouts[pair.First].Columns, _layouts[pair.Second].Columns) switch { > Wide => 0, > Wide / 2 => 1, _ => 3 };

    /// <summary>The images that a unit is fitted on together with the one before it; null if it is not.</summary>
    private ImageSample? SampleOf(RefitUnit unit) => _pairs.TryGetValue(unit, out RefitPair? pair) ? PairRounds.Choose(_layouts[pair.First], _layouts[unit], _images.Count) : null;

    /// <summary>Memory for features between layers; the rest is for images (an eighth), targets and samples.</summary>
    private long FrontierBudget => _refit.MemoryBudget / 8 * 3;

    /// <summary>Memory for what the members give at sampled pixels.</summary>
    private long TargetBudget => _refit.MemoryBudget / 4;

    /// <summary>Images per batch so that no value of a batch is much larger than 32 MiB.</summary>
    private static int LargestBatch(Network network)
    {
        long largest = network.Nodes.Max(node => network.ShapeOf(node).ToArray().Aggregate((long)sizeof(float), (product, extent) => product * extent));
        return (int)Math.Clamp((32L << 20) / largest, 1, 1000);
    }

    /// <summary>Writes the solutions into new layers; the bias of layers that are fitted together goes to the first of them.</summary>
    private void Emit(RefitUnit unit, Matrix[] solutions)
    {
        SampleLayout layout = _layouts[unit];
        int first = 0;
        foreach (RefitUnit.Member layer in unit.Layers)
        {
            int taps = layout.ColumnsOf(layer).Taps, inputs = layout.ColumnsOf(layer).Channels;
            int outputs = solutions[0].Rows * solutions.Length;
            var weight = new Tensor(outputs, inputs, taps);
            var bias = new Tensor(outputs);
            for (int o = 0; o < outputs; o++)
            {
                ReadOnlySpan<double> row = solutions[o / solutions[0].Rows].Row(o % solutions[0].Rows);
                for (int i = 0; i < inputs; i++)
                {
                    for (int t = 0; t < taps; t++)
                        weight.Span[(o * inputs + i) * taps + t] = (float)row[first + t * inputs + i];
                }

                bias.Span[o] = (float)row[^1];
            }

            Node node = layer.Node;
            Tensor? ownBias = ReferenceEquals(layer, unit.Layers[0]) ? bias : null;
            Layer fitted = node.Layer switch
            {
                Conv2d conv => new Conv2d(weight.Reshape(outputs, inputs, conv.Kernel.Height, conv.Kernel.Width), ownBias, conv.Stride, conv.Padding, conv.Dilation, conv.Groups),
                Linear => new Linear(weight.Reshape(outputs, inputs), ownBias),
                _ => new ChannelAffine(weight.Reshape(outputs), bias),
            };
            _new[node] = new Node(node.Name, fitted, _new[node.Inputs[0]]);
            first += taps * inputs;
        }

        // Normalizations are gone: what read them reads the layer.
        foreach (Node node in unit.Layers.Select(layer => layer.Node))
        {
            foreach (Node norm in _merged.Network.Nodes.Where(other => other.Layer is BatchNorm2d && ReferenceEquals(other.Inputs[0], node) && _units.GetValueOrDefault(other) == unit))
                _new[norm] = _new[node];
        }

        if (unit.Target.Layer is Add)
            _new[unit.Target] = new Node(unit.Target.Name, unit.Target.Layer, [.. unit.Target.Inputs.Select(input => _new[input])]);
    }

    /// <summary>Targets of an output whose tasks are known; null if they are not.</summary>
    private float[]? TryGetOutputTable(Node target, int channels)
    {
        int[] served = [.. Enumerable.Range(0, _refit.Tasks.Count).Where(t => _merged.Network.Heads.Any(head => ReferenceEquals(head.Node, target) && head.Name == _refit.Tasks[t].Name))];
        if (served.Length == 0 || served.Any(t => _refit.Tasks[t].OutputLength != channels) || GetOutputTargets(target) is not { } outputs)
            return null;
        if (served.Length == 1)
            return _refit.Flattening > 0 ? outputs.Own(served[0], _refit.Flattening) : null;
        return _refit.SharedOutput == SharedOutputTarget.Average || served.Any(t => _refit.Tasks[t].Prototypes is null) ? null : outputs.Shared(served, _refit.SharedOutput);
    }

    /// <summary>What outputs should be, worked out from those of all members; null if not every task is a member's.</summary>
    private OutputTargets? GetOutputTargets(Node target)
    {
        if (_taskOutputs is null || _outputTargets is not null)
            return _outputTargets;
        _targets.Get(_units[target], 0, false); // the members' outputs are computed together with the first output's targets
        return _outputTargets = new OutputTargets(_refit.Tasks, [.. _taskOutputs.Select(output => _targets.GetOutput(output.Node))], _options.Threads);
    }

    /// <summary>The member's output that decides about each task; null if not every task is a member's.</summary>
    private List<(int Member, Node Node)>? FindTaskOutputs()
    {
        var outputs = new List<(int Member, Node Node)>();
        foreach (ClassificationTask task in _refit.Tasks)
        {
            var own = Enumerable.Range(0, _members.Count).SelectMany(m => _members[m].Network.Heads.Where(head => _members[m].NameOf(head) == task.Name).Select(head => (m, head.Node))).ToList();
            if (own is not [{ } output] || !_members[output.m].Network.ShapeOf(output.Node).SequenceEqual([task.OutputLength]))
                return null;
            outputs.Add(output);
        }

        return outputs;
    }
}
