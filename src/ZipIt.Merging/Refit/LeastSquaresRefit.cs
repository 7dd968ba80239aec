using ZipIt.Networks;

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
/// </para>
/// <para>
/// Gram matrices are sums over tiles of im2col rows in double precision; the rows of the whole set are never in memory together unless they fit the budget. Results do not
/// depend on the number of threads.
/// </para>
/// </remarks>
internal sealed class LeastSquaresRefit
{
    private const int HeldOutEvery = 8;
    private const int PlentyOfSamples = 8; // per unknown: the ridge then hardly matters
    private const double DefaultRidge = 1e-3;
    private const double Relaxation = 1.5; // a majorization's steps may be up to twice as long without raising the error, and then need fewer rounds
    private const int Wide = 2000; // unknowns, from which on one activation round is made: each takes as long as half of everything else
    private const int LeastSamples = 8; // per unknown, that wide layers get in any case
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
    private readonly FeatureWalk[] _memberWalks;
    private readonly List<LayerReport> _reports = [];
    private OutputTargets? _outputTargets;

    private LeastSquaresRefit(MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, RefitOptions refit)
    {
        (_merged, _members, _options, _refit) = (merged, members, options, refit);
        _batchSize = Math.Min(options.BatchSize, LargestBatch(merged.Network));
        IImageSource source = refit.MaximumImages is null || !options.Shuffle ? images : new ShuffledImages(images, options.Seed);
        _images = new CalibrationImages(source, _batchSize, refit.MaximumImages, refit.MemoryBudget / 8);
        if (_images.Count < 2)
            throw new ArgumentException($"Expected at least two calibration images, better 100 or more, found {_images.Count}.", nameof(images));
        _units = RefitUnit.Find(merged);
        _mergedWalk = new FeatureWalk(merged.Network, _images.Sizes.Count, _pool, node => _new[node]);
        _memberWalks = [.. members.Select(member => new FeatureWalk(member.Network, _images.Sizes.Count, _pool))];
    }

    /// <summary>Refits a zipped network.</summary>
    /// <param name="merged">The network as the merger built it; its normalization need not be reset.</param>
    /// <param name="members">The networks that it was made of.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">Engine, threads and batch size; <see cref="ZipOptions.Refit"/> or the defaults tell the rest.</param>
    /// <param name="progress">Is told after each layer.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public static RefitResult Apply(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, IProgress<ZipProgress>? progress, CancellationToken cancellationToken)
    {
        RefitOptions refit = options.Refit ?? new RefitOptions();
        refit.Check();
        return new LeastSquaresRefit(merged, members, images, options, refit).Run(progress, cancellationToken);
    }

    private RefitResult Run(IProgress<ZipProgress>? progress, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        // Outputs come last: their targets may depend on the outputs of all members.
        HashSet<Node> heads = [.. _merged.Network.Heads.Select(head => head.Node)];
        foreach (Node node in _merged.Network.Nodes.Where(node => !heads.Contains(node)).Concat(heads))
        {
            if (!_units.TryGetValue(node, out RefitUnit? unit))
            {
                _new[node] = node.Inputs.Count == 0 ? node : new Node(node.Name, node.Layer, [.. node.Inputs.Select(input => _new[input])]);
            }
            else if (ReferenceEquals(unit.Target, node))
            {
                Refit(unit, cancellationToken);
                _pool.Trim();
                progress?.Report(new ZipProgress("Refit", _reports.Count, clock.Elapsed, false));
            }
        }

        var network = new Network([.. _merged.Network.Heads.Select(head => new Head(head.Name, _new[head.Node]))]);
        return new RefitResult(network, _reports);
    }

    private void Refit(RefitUnit unit, CancellationToken cancellationToken)
    {
        int channels = _merged.Network.ShapeOf(unit.Target)[0];
        using var samples = new Samples(this, unit, channels, cancellationToken);
        var solutions = new Matrix[samples.Groups];
        double ridge = 0, before = 0, after = 0, energy = 0;
        for (int g = 0; g < samples.Groups; g++)
        {
            var problem = new Problem(this, unit, samples, g);
            solutions[g] = problem.Solve();
            ridge = Math.Max(ridge, problem.Ridge);
            (double b, double a, double e) = problem.MeasureErrors();
            (before, after, energy) = (before + b, after + a, energy + e);
        }

        Emit(unit, samples, solutions);
        double unitOfError = energy > 0 ? 1 / energy : 0;
        _reports.Add(new LayerReport(unit.Target.Name, samples.Columns - 1, samples.Rows, ridge, before * unitOfError, after * unitOfError));
    }

    /// <summary>Memory for features between layers; the rest is for images (an eighth) and samples.</summary>
    private long FrontierBudget => _refit.MemoryBudget / 8 * 5;

    /// <summary>Images per batch so that no value of a batch is much larger than 32 MiB.</summary>
    private static int LargestBatch(Network network)
    {
        long largest = network.Nodes.Max(node => network.ShapeOf(node).ToArray().Aggregate((long)sizeof(float), (product, extent) => product * extent));
        return (int)Math.Clamp((32L << 20) / largest, 1, 1000);
    }

    /// <summary>Writes the solutions into new layers; the bias of layers that are fitted together goes to the first of them.</summary>
    private void Emit(RefitUnit unit, Samples samples, Matrix[] solutions)
    {
        int first = 0;
        foreach (RefitUnit.Member layer in unit.Layers)
        {
            int taps = samples.ColumnsOf(layer).Taps, inputs = samples.ColumnsOf(layer).Channels;
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

    /// <summary>The samples of one unit: kept in memory if they fit the budget, otherwise computed again in each pass.</summary>
    private sealed class Samples : IDisposable
    {
        private readonly LeastSquaresRefit _owner;
        private readonly RefitUnit _unit;
        private readonly TargetRows _targets;
        private readonly PatchColumns[][] _columns; // by group, then by layer
        private readonly Node[] _inputs;
        private readonly int _height;
        private readonly int _width;
        private readonly int _perImage;
        private readonly CancellationToken _cancellationToken;
        private readonly List<RefitTile>? _kept;
        private readonly RefitTile?[] _last = new RefitTile?[2];
        private bool _isComplete;

        public Samples(LeastSquaresRefit owner, RefitUnit unit, int channels, CancellationToken cancellationToken)
        {
            (_owner, _unit, _cancellationToken) = (owner, unit, cancellationToken);
            Network network = owner._merged.Network;
            ReadOnlySpan<int> shape = network.ShapeOf(unit.Target);
            (_height, _width) = shape.Length == 3 ? (shape[1], shape[2]) : (1, 1);
            Groups = unit.Layers[0].Groups;
            Channels = channels;
            _inputs = [.. unit.Layers.Select(layer => layer.Node.Inputs[0])];
            _columns = new PatchColumns[Groups][];
            for (int g = 0; g < Groups; g++)
            {
                int group = g;
                _columns[g] = [.. unit.Layers.Select((layer, i) => new PatchColumns(layer.Node.Layer, network.ShapeOf(_inputs[i]), group, Groups))];
            }

            Columns = _columns[0].Sum(columns => columns.Count) + 1;
            NodeOrigin origin = owner._merged.Origins[unit.Target];
            _targets = new TargetRows(origin, owner.TryGetOutputTable(unit.Target, channels));
            int area = _height * _width;
            long wanted = Math.Min((long)owner._refit.SamplesPerUnknown * Columns, Math.Max(owner._refit.LargestSample, (long)LeastSamples * Columns));
            _perImage = (int)Math.Clamp((wanted + owner._images.Count - 1) / owner._images.Count, 1, area);
            Rows = (long)_perImage * owner._images.Count;
            long bytes = Rows * ((long)Columns * Groups + 2 * channels) * sizeof(float);
            FeatureWalk.Step plan = owner._mergedWalk.Plan([.. _inputs, .. unit.Others]);
            long frontier = (plan.FrontierLength + _targets.Sources.Sum(source => owner._memberWalks[source.Member].Plan([source.Node]).FrontierLength)) * owner._images.Count * sizeof(float);
            long present = owner._mergedWalk.KeptBytes + owner._memberWalks.Sum(walk => walk.KeptBytes);
            if (bytes <= owner._refit.MemoryBudget - owner._images.KeptBytes - (frontier <= owner.FrontierBudget ? frontier : present))
                _kept = [];
        }

        public int Groups { get; }

        public int Channels { get; }

        /// <summary>Number of columns of one group, the intercept included.</summary>
        public int Columns { get; }

        public long Rows { get; }

        public PatchColumns ColumnsOf(RefitUnit.Member layer) => _columns[0][_unit.Layers.ToList().IndexOf(layer)];

        public IEnumerable<RefitTile> Tiles(bool heldOutOnly = false)
        {
            IEnumerable<RefitTile> tiles = _isComplete ? _kept! : Compute(heldOutOnly);
            return heldOutOnly ? tiles.Where(tile => tile.IsHeldOut) : tiles;
        }

        /// <summary>Gives the samples' memory back.</summary>
        public void Dispose()
        {
            foreach (RefitTile? tile in _kept is null ? _last : (IEnumerable<RefitTile?>)_kept)
                Return(tile);
            _kept?.Clear();
            Array.Clear(_last);
        }

        private void Return(RefitTile? tile)
        {
            if (tile is null)
                return;
            foreach (float[] values in (float[][])[.. tile.Patches, tile.Targets, tile.Others])
                _owner._pool.Return(values);
        }

        private IEnumerable<RefitTile> Compute(bool heldOutOnly)
        {
            LeastSquaresRefit owner = _owner;
            using FeatureWalk.Step merged = owner._mergedWalk.Plan([.. _inputs, .. _unit.Others]);
            FeatureWalk.Step[] originals = [.. _targets.Sources.Select(source => owner._memberWalks[source.Member].Plan([source.Node]))];
            try
            {
                long length = merged.FrontierLength + originals.Sum(step => step.FrontierLength);
                bool keep = length * owner._images.Count * sizeof(float) <= owner.FrontierBudget;
                foreach (FeatureWalk.Step step in (FeatureWalk.Step[])[merged, .. originals])
                    step.Open(keep, owner._options.Engine, owner._batchSize, owner._options.Threads);
                bool needsImages = merged.NeedsImages || originals.Any(step => step.NeedsImages);
                using IEnumerator<ReadOnlyMemory<float>>? images = needsImages ? owner._images.ReadBatches().GetEnumerator() : null;
                int firstImage = 0;
                for (int b = 0; b < owner._images.Sizes.Count; b++)
                {
                    _cancellationToken.ThrowIfCancellationRequested();
                    int count = owner._images.Sizes[b];
                    ReadOnlyMemory<float> pixels = images is not null && images.MoveNext() ? images.Current : default;
                    merged.Run(b, count, pixels);
                    foreach (FeatureWalk.Step step in originals)
                        step.Run(b, count, pixels);
                    foreach (bool isHeldOut in (bool[])[false, true])
                    {
                        if (heldOutOnly && !isHeldOut && _kept is null)
                            continue;
                        int[] chosen = [.. Enumerable.Range(0, count).Where(i => ((firstImage + i) % HeldOutEvery == HeldOutEvery - 1) == isHeldOut)];
                        if (chosen.Length == 0)
                            continue;
                        RefitTile tile = MakeTile(isHeldOut, chosen, firstImage, merged, originals);
                        _kept?.Add(tile);
                        yield return tile;
                    }

                    firstImage += count;
                }

                _isComplete = _kept is not null;
            }
            finally
            {
                foreach (FeatureWalk.Step step in originals)
                    step.Dispose();
            }
        }

        private unsafe RefitTile MakeTile(bool isHeldOut, int[] chosen, int firstImage, FeatureWalk.Step merged, FeatureWalk.Step[] originals)
        {
            int rows = chosen.Length * _perImage, area = _height * _width;
            if (_kept is null)
                Return(_last[isHeldOut ? 1 : 0]);
            float[][] patches = [.. Enumerable.Range(0, Groups).Select(_ => _owner._pool.Rent(rows * Columns))];
            float[] targets = _owner._pool.Rent(rows * Channels);
            float[] others = _owner._pool.Rent(_unit.Others.Count == 0 ? 0 : rows * Channels);
            Array.Clear(others);
            int[] sourceWidths = [.. _targets.Sources.Select(source => _owner._members[source.Member].Network.ShapeOf(source.Node)[0])];
            nint[] inputs = new nint[_inputs.Length], sums = new nint[_unit.Others.Count], sources = new nint[originals.Length];
            Pin(0);
            var tile = new RefitTile(isHeldOut, rows, patches, targets, others);
            if (_kept is null)
                _last[isHeldOut ? 1 : 0] = tile;
            return tile;

            // Values may lie in memory that the garbage collector moves; it must not while several threads read them.
            void Pin(int index)
            {
                if (index == inputs.Length + sums.Length + sources.Length)
                {
                    Fill();
                    return;
                }

                int sum = index - inputs.Length, source = sum - sums.Length;
                ReadOnlySpan<float> values = sum < 0 ? merged.Get(_inputs[index]) : source < 0 ? merged.Get(_unit.Others[sum]) : originals[source].Get(_targets.Sources[source].Node);
                fixed (float* first = values)
                {
                    (sum < 0 ? ref inputs[index] : ref source < 0 ? ref sums[sum] : ref sources[source]) = (nint)first;
                    Pin(index + 1);
                }
            }

            static ReadOnlySpan<float> Slice(nint values, int start, int length) => new((float*)values + start, length);

            void Fill() =>
            Parallel.For(0, chosen.Length, new ParallelOptions { MaxDegreeOfParallelism = _owner._options.Threads > 0 ? _owner._options.Threads : -1 }, c =>
            {
                int image = chosen[c];
                float[][] values = [.. sourceWidths.Select(width => new float[width])];
                for (int k = 0; k < _perImage; k++)
                {
                    int pixel = PixelOf(firstImage + image, k, area);
                    (int y, int x) = Math.DivRem(pixel, _width);
                    int row = c * _perImage + k;
                    for (int g = 0; g < Groups; g++)
                    {
                        Span<float> columns = patches[g].AsSpan(row * Columns, Columns);
                        for (int i = 0; i < inputs.Length; i++)
                        {
                            PatchColumns own = _columns[g][i];
                            own.Write(Slice(inputs[i], image * own.InputLength, own.InputLength), y, x, columns);
                            columns = columns[own.Count..];
                        }

                        columns[0] = 1;
                    }

                    for (int s = 0; s < values.Length; s++)
                        Slice(sources[s], (image * area + pixel) * sourceWidths[s], sourceWidths[s]).CopyTo(values[s]);
                    _targets.Write(firstImage + image, values, targets.AsSpan(row * Channels, Channels));
                    foreach (nint sum in sums)
                    {
                        Span<float> other = others.AsSpan(row * Channels, Channels);
                        System.Numerics.Tensors.TensorPrimitives.Add<float>(other, Slice(sum, (image * area + pixel) * Channels, Channels), other);
                    }
                }
            });
        }

        /// <summary>The sampled pixels of an image: all of them, or a sequence that is spread evenly and begins elsewhere in every image (golden ratio).</summary>
        private int PixelOf(int image, int sample, int area)
        {
            if (_perImage == area)
                return sample;
            const double Golden = 0.6180339887498949, Silver = 0.7548776662466927;
            double position = sample * Golden + image * Silver;
            return Math.Min((int)((position - Math.Floor(position)) * area), area - 1);
        }
    }

    /// <summary>The least-squares problem of one group of channels of a unit.</summary>
    private sealed class Problem
    {
        private readonly LeastSquaresRefit _owner;
        private readonly RefitUnit _unit;
        private readonly Samples _samples;
        private readonly int _group;
        private readonly int _outputs;
        private readonly Matrix _prior;
        private Matrix _weights;
        private readonly ChannelFits _fits;

        public Problem(LeastSquaresRefit owner, RefitUnit unit, Samples samples, int group)
        {
            (_owner, _unit, _samples, _group) = (owner, unit, samples, group);
            _outputs = samples.Channels / samples.Groups;
            _prior = ZipWeights.Of(unit, samples.ColumnsOf, samples.Columns, group, _outputs);
            _weights = new Matrix(_outputs, samples.Columns);
            _fits = new ChannelFits(_outputs);
        }

        /// <summary>λ in units of the mean variance of the columns.</summary>
        public double Ridge { get; private set; }

        public Matrix Solve()
        {
            var equations = new NormalEquations(_samples.Columns, _outputs, _owner._options.Threads);
            bool choose = _owner._refit.Ridge is null && _samples.Rows < (long)PlentyOfSamples * _samples.Columns;
            NormalEquations heldOut = choose ? new NormalEquations(_samples.Columns, _outputs, _owner._options.Threads) : equations;
            using var zip = new RowProduct(_prior, _owner._options.Engine, _owner._options.Threads);
            // The first step starts at 0, so that nothing need be predicted; the ridge pulls to the zip's weights all the same.
            ForTiles(false, null, (tile, rows, predictions, targets, residuals) =>
            {
                if (tile.IsHeldOut)
                {
                    Predict(zip, tile, predictions);
                    _fits.Add(predictions, targets);
                }

                NormalEquations own = tile.IsHeldOut ? heldOut : equations;
                own.AddRows(tile.Patches[_group], rows);
                own.AddResiduals(tile.Patches[_group], residuals, rows);
            }, startsAtZero: true);
            Ridge = _owner._refit.Ridge ?? DefaultRidge;
            if (choose && heldOut.Rows > 0 && equations.Rows > 0)
                Ridge = ChooseRidge(equations, heldOut);
            if (choose)
                equations.Add(heldOut);

            double ridge = Ridge * equations.MeanSquare();
            Cholesky factor = equations.Factor(ridge);
            Step(equations, factor, ridge);
            int rounds = _unit.Activation is null ? 0 : _samples.Columns > Wide ? Math.Min(_owner._refit.ActivationRounds, 1) : _owner._refit.ActivationRounds;
            for (int round = 0; round < rounds; round++)
            {
                equations.ClearResiduals();
                ForTiles(false, _unit.Activation, (tile, rows, _, _, residuals) => equations.AddResiduals(tile.Patches[_group], residuals, rows));
                Step(equations, factor, ridge, Relaxation);
            }

            return _weights;
        }

        /// <summary>Squared errors after the activation on the held-out images, of the zip's weights and of the solution, and the targets' variance.</summary>
        public (double Before, double After, double Energy) MeasureErrors()
        {
            var zip = _prior.Clone();
            for (int o = 0; o < _outputs; o++)
                _fits.Apply(o, zip.Row(o));
            double before = 0, after = 0;
            var sum = new double[_outputs];
            var squares = new double[_outputs];
            long count = 0;
            Matrix solution = _weights;
            _weights = zip;
            ForTiles(true, null, (_, rows, predictions, targets, _) =>
            {
                count += rows;
                for (int i = 0; i < predictions.Length; i++)
                {
                    double target = ActivationTarget.Apply(_unit.Activation, targets[i]);
                    before += Square(ActivationTarget.Apply(_unit.Activation, predictions[i]) - target);
                    sum[i % _outputs] += target;
                    squares[i % _outputs] += target * target;
                }
            });
            _weights = solution;
            ForTiles(true, null, (_, _, predictions, targets, _) =>
            {
                for (int i = 0; i < predictions.Length; i++)
                    after += Square(ActivationTarget.Apply(_unit.Activation, predictions[i]) - ActivationTarget.Apply(_unit.Activation, targets[i]));
            });
            double energy = 0;
            for (int o = 0; o < _outputs; o++)
                energy += squares[o] - sum[o] * sum[o] / Math.Max(count, 1);
            return (before, after, energy);
        }

        private static double Square(double value) => value * value;

        private void Step(NormalEquations equations, Cholesky factor, double ridge, double length = 1)
        {
            Matrix step = equations.Solve(factor, ridge, _weights, _prior);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd<double>(step.Values, length, _weights.Values, _weights.Values);
        }

        private double ChooseRidge(NormalEquations equations, NormalEquations heldOut)
        {
            double best = DefaultRidge, bestError = double.PositiveInfinity;
            foreach (double candidate in RidgeCandidates)
            {
                double ridge = candidate * equations.MeanSquare();
                double error = heldOut.ErrorAfter(equations.Solve(equations.Factor(ridge), ridge, _weights, _prior));
                if (error < bestError)
                    (best, bestError) = (candidate, error);
            }

            return best;
        }

        /// <summary>Predicts with the present weights and gives predictions and targets (both with the sum's other inputs) and residuals, tile by tile.</summary>
        private void ForTiles(bool heldOutOnly, Activation? activation, TileAction action, bool startsAtZero = false)
        {
            using RowProduct? product = startsAtZero ? null : new RowProduct(_weights, _owner._options.Engine, _owner._options.Threads);
            var memory = new float[2][][];
            foreach (RefitTile tile in _samples.Tiles(heldOutOnly))
            {
                int length = tile.Rows * _outputs;
                ref float[][] mine = ref memory[tile.IsHeldOut ? 1 : 0];
                if (mine is null || mine[0].Length != length)
                    mine = [new float[length], new float[length], new float[length]];
                (float[] predictions, float[] targets, float[] residuals) = (mine[0], mine[1], mine[2]);
                Predict(product, tile, predictions);
                for (int row = 0; row < tile.Rows; row++)
                    tile.Targets.AsSpan(row * _samples.Channels + _group * _outputs, _outputs).CopyTo(targets.AsSpan(row * _outputs));
                ActivationTarget.Residuals(activation, targets, predictions, residuals);
                action(tile, tile.Rows, predictions, targets, residuals);
            }
        }

        /// <summary>What weights and the sum's other inputs give; without weights the other inputs alone.</summary>
        private void Predict(RowProduct? product, RefitTile tile, float[] predictions)
        {
            if (product is null)
                Array.Clear(predictions);
            else
                product.Multiply(tile.Patches[_group], tile.Rows, predictions);
            if (tile.Others.Length == 0)
                return;
            for (int row = 0; row < tile.Rows; row++)
            {
                Span<float> own = predictions.AsSpan(row * _outputs, _outputs);
                System.Numerics.Tensors.TensorPrimitives.Add<float>(own, tile.Others.AsSpan(row * _samples.Channels + _group * _outputs, _outputs), own);
            }
        }

        private delegate void TileAction(RefitTile tile, int rows, float[] predictions, float[] targets, float[] residuals);
    }

    /// <summary>Targets of an output whose tasks are known; null if they are not.</summary>
    private float[]? TryGetOutputTable(Node target, int channels)
    {
        int[] served = [.. Enumerable.Range(0, _refit.Tasks.Count).Where(t => _merged.Network.Heads.Any(head => ReferenceEquals(head.Node, target) && head.Name == _refit.Tasks[t].Name))];
        if (served.Length == 0 || served.Any(t => _refit.Tasks[t].OutputLength != channels) || GetOutputTargets() is not { } outputs)
            return null;
        if (served.Length == 1)
            return _refit.Flattening > 0 ? outputs.Own(served[0], _refit.Flattening) : null;
        return _refit.SharedOutput == SharedOutputTarget.Average || served.Any(t => _refit.Tasks[t].Prototypes is null) ? null : outputs.Shared(served, _refit.SharedOutput);
    }

    /// <summary>Computes the outputs of all members for all images; null if not every task is a member's.</summary>
    private OutputTargets? GetOutputTargets()
    {
        if (_outputTargets is not null)
            return _outputTargets;
        var sources = new List<(int Member, Node Node)>();
        foreach (ClassificationTask task in _refit.Tasks)
        {
            var own = Enumerable.Range(0, _members.Count).SelectMany(m => _members[m].Network.Heads.Where(head => _members[m].NameOf(head) == task.Name).Select(head => (m, head.Node))).ToList();
            if (own is not [{ } source] || !_members[source.m].Network.ShapeOf(source.Node).SequenceEqual([task.OutputLength]))
                return null;
            sources.Add(source);
        }

        FeatureWalk.Step[] steps = [.. _memberWalks.Select((walk, m) => walk.Plan([.. sources.Where(source => source.Member == m).Select(source => source.Node)]))];
        float[][] outputs = [.. _refit.Tasks.Select(task => new float[_images.Count * task.OutputLength])];
        foreach (FeatureWalk.Step step in steps)
            step.Open(true, _options.Engine, _batchSize, _options.Threads);
        using IEnumerator<ReadOnlyMemory<float>>? images = steps.Any(step => step.NeedsImages) ? _images.ReadBatches().GetEnumerator() : null;
        int first = 0;
        for (int b = 0; b < _images.Sizes.Count; b++)
        {
            ReadOnlyMemory<float> pixels = images is not null && images.MoveNext() ? images.Current : default;
            foreach (FeatureWalk.Step step in steps)
                step.Run(b, _images.Sizes[b], pixels);
            for (int t = 0; t < sources.Count; t++)
                steps[sources[t].Member].Get(sources[t].Node).CopyTo(outputs[t].AsSpan(first * _refit.Tasks[t].OutputLength));
            first += _images.Sizes[b];
        }

        foreach (FeatureWalk.Step step in steps)
            step.Dispose();
        return _outputTargets = new OutputTargets(_refit.Tasks, outputs);
    }
}
