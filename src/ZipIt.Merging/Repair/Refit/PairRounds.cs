using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Fits two successive units together, in rounds: what is missing behind the second one is handed to the hidden features between them as the smallest change that makes
/// up for it, and both layers are moved there by least squares, with the factors of their normal equations at hand (alternating least squares in auxiliary coordinates:
/// Carreira-Perpiñán and Wang, <i>Distributed optimization of deeply nested systems</i>, AISTATS 2014; the use for zipped networks is ours).
/// </summary>
/// <remarks>
/// With r = what the second unit's targets lack, W its weights for the hidden features: Δh = Wᵀ·(W·Wᵀ + μI)⁻¹·r, zero where the hidden activation is flat. Both layers' steps
/// Δ = (XᵀX + λI)⁻¹·XᵀΔh and (HᵀH + λI)⁻¹·Hᵀr have their lengths chosen together, so that the error that they leave is smallest to first order. A round that does not
/// make the error smaller is taken back and ends the work.
/// </remarks>
internal sealed class PairRounds
{
    private const int PixelsPerUnknown = 100;
    private const int LeastPixels = 32_000;
    private const int MostPixels = 64_000;
    private const int Large = 1000; // unknowns, from which on the least pixels must do: a round takes long there
    private const int LeastImages = 16;
    private const double Damping = 1; // μ in units of the mean diagonal of W·Wᵀ
    private const int LengthsEvery = 4; // tiles that step lengths are chosen on
    private const long TileBytes = 16L << 20;
    private const long KeptBytes = 128L << 20; // of tiles that need not be filled again in each pass

    private readonly RefitPair _pair;
    private readonly SampleLayout _first;
    private readonly SampleLayout _second;
    private readonly int _threads;
    private readonly int _reader; // layer of the second unit that reads the hidden features
    private readonly int _readerColumn; // its first column
    private readonly Dictionary<Node, float[]> _maps = []; // of the sampled images [images, height, width, channels]
    private readonly float[] _targets;
    private readonly int _tileCount;
    private readonly Tile?[] _tiles; // the last one alone if not all are kept
    private readonly int[] _allFirst; // pixels
    private readonly int[] _allSecond;
    private float[] _spread = []; // for one tile at a time: what is missing, at every tap; the effect of the first unit's step
    private float[] _changes = []; // of the first unit's values
    private float[] _effect = []; // of the second unit's step

    /// <summary>Prepares rounds.</summary>
    /// <param name="pair">The units.</param>
    /// <param name="first">Layout of the first unit's columns.</param>
    /// <param name="second">Layout of the second unit's columns.</param>
    /// <param name="images">The images to work on.</param>
    /// <param name="targets">What the second unit should give for them [images, pixels, channels].</param>
    /// <param name="threads">Number of threads; 0 for one per processor. Results do not depend on it.</param>
    /// <param name="tileBytes">Memory of a tile, if it has more than one image.</param>
    /// <param name="keptBytes">Memory of all tiles up to which they are kept. Results do not depend on it.</param>
    public PairRounds(
        RefitPair pair, SampleLayout first, SampleLayout second, ImageSample images, float[] targets, int threads, long tileBytes = TileBytes, long keptBytes = KeptBytes)
    {
        (_pair, _first, _second, Images, _targets, _threads) = (pair, first, second, images, targets, threads);
        _reader = pair.ReaderIndex;
        _readerColumn = second.ColumnsOf(0).Take(_reader).Sum(columns => columns.Count);
        _allFirst = [.. Enumerable.Range(0, first.Area)];
        _allSecond = [.. Enumerable.Range(0, second.Area)];
        long bytes = ((long)first.Columns * first.Area + (long)second.Columns * second.Area) * sizeof(float) * images.Count;
        _tileCount = (int)Math.Clamp((bytes + tileBytes - 1) / tileBytes, 1, images.Count);
        _tiles = new Tile?[bytes <= keptBytes ? _tileCount : 1];
    }

    /// <summary>The images that the rounds work on.</summary>
    public ImageSample Images { get; }

    /// <summary>Nodes whose values must be captured: what both units read, except the hidden features.</summary>
    public IEnumerable<Node> Needed =>
        new[] { _pair.First.Layers[0].Node.Inputs[0] }.Concat(_pair.Second.Layers.Select(layer => layer.Node.Inputs[0]).Where(node => node != _pair.Hidden)).Concat(_pair.Second.Others).Distinct();

    /// <summary>The images that suffice for a pair: more where they are small and where there are many unknowns.</summary>
    public static ImageSample Choose(SampleLayout first, SampleLayout second, int images)
    {
        int unknowns = Math.Max(first.Columns, second.Columns);
        int pixels = unknowns > Large ? LeastPixels : Math.Clamp(PixelsPerUnknown * unknowns, LeastPixels, MostPixels);
        return new ImageSample(Math.Min(images, Math.Max(LeastImages, (pixels + second.Area - 1) / second.Area)), images);
    }

    /// <summary>Takes a node's values for one batch.</summary>
    /// <param name="node">One of <see cref="Needed"/>.</param>
    /// <param name="values">Its values [images, height, width, channels].</param>
    /// <param name="firstImage">Number of the batch's first image.</param>
    /// <param name="count">Number of its images.</param>
    public void Capture(Node node, ReadOnlySpan<float> values, int firstImage, int count)
    {
        int length = values.Length / count;
        if (!_maps.TryGetValue(node, out float[]? map))
            _maps.Add(node, map = new float[Images.Count * length]);
        for (int i = 0; i < count; i++)
        {
            int place = Images.PlaceOf(firstImage + i);
            if (place >= 0)
                values.Slice(i * length, length).CopyTo(map.AsSpan(place * length));
        }
    }

    /// <summary>Improves the weights of both units.</summary>
    /// <param name="rounds">Number of rounds.</param>
    /// <param name="firstWeights">Weights of the first unit [outputs, columns]; changed.</param>
    /// <param name="secondWeights">Weights of the second unit; changed.</param>
    /// <param name="first">The first unit's normal equations.</param>
    /// <param name="second">The second unit's.</param>
    /// <param name="cancellationToken">Ends the work between two tiles.</param>
    /// <returns>Squared error after the activation as a fraction of the targets' variance, in the end.</returns>
    public double Run(int rounds, Matrix firstWeights, Matrix secondWeights, FactoredEquations first, FactoredEquations second, CancellationToken cancellationToken)
    {
        double best = double.PositiveInfinity;
        Matrix bestFirst = firstWeights.Clone(), bestSecond = secondWeights.Clone();
        for (int round = 0; ; round++)
        {
            first.Equations.ClearResiduals();
            second.Equations.ClearResiduals();
            double error = Pass(firstWeights, secondWeights, round < rounds ? first.Equations : null, second.Equations, cancellationToken);
            if (!(error < best))
            {
                bestFirst.Values.CopyTo(firstWeights.Values);
                bestSecond.Values.CopyTo(secondWeights.Values);
                break;
            }

            best = error;
            if (round == rounds)
                break;
            firstWeights.Values.CopyTo(bestFirst.Values);
            secondWeights.Values.CopyTo(bestSecond.Values);
            Matrix firstStep = first.Solve(), secondStep = second.Solve();
            (double firstLength, double secondLength) = ChooseLengths(firstWeights, secondWeights, firstStep, secondStep, cancellationToken);
            TensorPrimitives.MultiplyAdd<double>(firstStep.Values, firstLength, firstWeights.Values, firstWeights.Values);
            TensorPrimitives.MultiplyAdd<double>(secondStep.Values, secondLength, secondWeights.Values, secondWeights.Values);
        }

        return best / Math.Max(Energy(), double.Epsilon);
    }

    /// <summary>Squared error after the activation; if equations are given, what is missing is added to them.</summary>
    private double Pass(Matrix firstWeights, Matrix secondWeights, NormalEquations? first, NormalEquations second, CancellationToken cancellationToken)
    {
        PanelWeights firstPacked = firstWeights.Pack(), secondPacked = secondWeights.Pack();
        PanelWeights? back = first is null ? null : PackBack(secondWeights);
        double error = 0;
        foreach (Tile tile in Tiles(cancellationToken))
        {
            tile.Forward(firstPacked, secondPacked);
            error += tile.Error();
            if (first is null)
                continue;
            second.AddResiduals(tile.SecondPatches, tile.Residuals);
            first.AddResiduals(tile.FirstPatches, tile.HiddenChanges(back!));
        }

        return error;
    }

    /// <summary>The lengths of both steps for which the error is smallest, to first order.</summary>
    private (double First, double Second) ChooseLengths(Matrix firstWeights, Matrix secondWeights, Matrix firstStep, Matrix secondStep, CancellationToken cancellationToken)
    {
        PanelWeights firstPacked = firstWeights.Pack(), secondPacked = secondWeights.Pack(), firstStepPacked = firstStep.Pack(), secondStepPacked = secondStep.Pack();
        double aa = 0, ab = 0, bb = 0, ar = 0, br = 0;
        foreach (Tile tile in Tiles(cancellationToken, LengthsEvery))
        {
            // Kept tiles still hold what the pass before has computed.
            if (_tiles.Length < _tileCount)
                tile.Forward(firstPacked, secondPacked);
            ReadOnlySpan<float> b = tile.Multiply(tile.SecondPatches, secondStepPacked, ref _effect);
            ReadOnlySpan<float> a = tile.EffectOf(firstStepPacked, secondPacked);
            aa += TensorPrimitives.SumOfSquares(a);
            bb += TensorPrimitives.SumOfSquares(b);
            ab += TensorPrimitives.Dot(a, b);
            ar += TensorPrimitives.Dot(a, tile.Residuals);
            br += TensorPrimitives.Dot(b, tile.Residuals);
        }

        // Slightly damped, so that steps in almost the same direction share it.
        double damping = 1e-6 * (aa + bb) / 2, determinant = (aa + damping) * (bb + damping) - ab * ab;
        return determinant > 0 ? (((bb + damping) * ar - ab * br) / determinant, ((aa + damping) * br - ab * ar) / determinant) : (0, 0);
    }

    /// <summary>Variance of the targets after the activation, times their number.</summary>
    private double Energy()
    {
        int channels = _second.Channels;
        double[] sum = new double[channels], squares = new double[channels];
        var values = new float[channels];
        for (int i = 0; i < _targets.Length; i += channels)
        {
            ActivationTarget.Apply(_pair.Second.Activation, _targets.AsSpan(i, channels), values);
            for (int c = 0; c < channels; c++)
            {
                sum[c] += values[c];
                squares[c] += (double)values[c] * values[c];
            }
        }

        return Enumerable.Range(0, channels).Sum(c => squares[c] - sum[c] * sum[c] * channels / _targets.Length);
    }

    /// <summary>Wᵀ·(W·Wᵀ + μI)⁻¹ [columns of the reader, outputs].</summary>
    private PanelWeights PackBack(Matrix weights)
    {
        int outputs = weights.Rows, columns = _second.ColumnsOf(0)[_reader].Count;
        var gram = new Matrix(outputs, outputs);
        for (int i = 0; i < outputs; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[i, j] = gram[j, i] = TensorPrimitives.Dot(Reader(i), Reader(j));
        }

        double unit = Enumerable.Range(0, outputs).Average(o => gram[o, o]);
        for (int o = 0; o < outputs; o++)
            gram[o, o] += Damping * unit + double.Epsilon;
        var back = new Matrix(columns, outputs);
        for (int o = 0; o < outputs; o++)
        {
            for (int j = 0; j < columns; j++)
                back[j, o] = Reader(o)[j];
        }

        Cholesky.TryFactor(gram, 0, _threads)?.SolveRows(back, _threads);
        return back.Pack();

        ReadOnlySpan<double> Reader(int output) => weights.Row(output).Slice(_readerColumn, columns);
    }

    /// <summary>The sampled images, a few at a time; each tile's are spread over all of them.</summary>
    private IEnumerable<Tile> Tiles(CancellationToken cancellationToken, int every = 1)
    {
        for (int t = 0; t < _tileCount; t += every)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int first = t, count = (Images.Count - t + _tileCount - 1) / _tileCount;
            ref Tile? tile = ref _tiles[Math.Min(t, _tiles.Length - 1)];
            if (tile is null || tile.Images[0] != first)
            {
                if (tile?.Images.Length != count)
                    tile = new Tile(this, count);
                tile.Fill([.. Enumerable.Range(0, count).Select(i => first + i * _tileCount)]);
            }

            yield return tile;
        }
    }

    /// <summary>All pixels of a few images, with what both units see, give and lack there.</summary>
    private sealed class Tile
    {
        private readonly PairRounds _owner;
        private readonly float[] _before; // the first unit's value [pixels, channels]
        private readonly float[] _hidden;
        private readonly float[] _values; // the second unit's value
        private readonly float[] _ownTargets;
        private readonly PanelMatrix _missing;

        public Tile(PairRounds owner, int count)
        {
            _owner = owner;
            Images = new int[count];
            Images[0] = -1;
            int firstRows = count * owner._first.Area, secondRows = count * owner._second.Area;
            FirstPatches = new PanelMatrix(firstRows, owner._first.Columns);
            SecondPatches = new PanelMatrix(secondRows, owner._second.Columns);
            (_before, _hidden) = (new float[firstRows * owner._first.Channels], new float[firstRows * owner._first.Channels]);
            (_values, _ownTargets, Residuals) = (new float[secondRows * owner._second.Channels], new float[secondRows * owner._second.Channels], new float[secondRows * owner._second.Channels]);
            _missing = new PanelMatrix(secondRows, owner._second.Channels);
        }

        /// <summary>Places of the images in the sample.</summary>
        public int[] Images { get; }

        public PanelMatrix FirstPatches { get; }

        public PanelMatrix SecondPatches { get; }

        /// <summary>What the second unit's values lack before the activation [pixels, channels].</summary>
        public float[] Residuals { get; }

        /// <summary>Takes what does not change: what the first unit sees, and the targets.</summary>
        public void Fill(int[] images)
        {
            images.CopyTo(Images, 0);
            Node input = _owner._pair.First.Layers[0].Node.Inputs[0];
            WritePatches(FirstPatches, _owner._first, _owner._allFirst, 0, 0, (i, length) => _owner._maps[input].AsSpan(Images[i] * length, length));
            FirstPatches.SetLastColumn(1, 0, FirstPatches.Rows);
            int mapLength = _ownTargets.Length / Images.Length;
            for (int i = 0; i < Images.Length; i++)
                _owner._targets.AsSpan(Images[i] * mapLength, mapLength).CopyTo(_ownTargets.AsSpan(i * mapLength));
        }

        /// <summary>Computes what both units give.</summary>
        public void Forward(PanelWeights first, PanelWeights second)
        {
            first.Multiply(FirstPatches, _before, _owner._threads);
            ActivationTarget.Apply(_owner._pair.First.Activation, _before, _hidden);

            int column = 0;
            for (int layer = 0; layer < _owner._pair.Second.Layers.Count; layer++)
            {
                Node source = _owner._pair.Second.Layers[layer].Node.Inputs[0];
                WritePatches(SecondPatches, _owner._second, _owner._allSecond, layer, column, (i, length) =>
                    layer == _owner._reader ? _hidden.AsSpan(i * length, length) : _owner._maps[source].AsSpan(Images[i] * length, length));
                column += _owner._second.ColumnsOf(0)[layer].Count;
            }

            SecondPatches.SetLastColumn(1, 0, SecondPatches.Rows);
            second.Multiply(SecondPatches, _values, _owner._threads);
            int mapLength = _owner._second.Area * _owner._second.Channels;
            for (int i = 0; i < Images.Length; i++)
            {
                Span<float> values = _values.AsSpan(i * mapLength, mapLength);
                foreach (Node other in _owner._pair.Second.Others)
                    TensorPrimitives.Add<float>(values, _owner._maps[other].AsSpan(Images[i] * mapLength, mapLength), values);
            }

            ActivationTarget.Residuals(_owner._pair.Second.Activation, _ownTargets, _values, Residuals);
        }

        /// <summary>Squared error after the activation.</summary>
        public double Error()
        {
            double error = 0;
            int mapLength = _values.Length / Images.Length;
            float[] values = new float[mapLength], targets = new float[mapLength];
            for (int i = 0; i < Images.Length; i++)
            {
                ActivationTarget.Apply(_owner._pair.Second.Activation, _values.AsSpan(i * mapLength, mapLength), values);
                ActivationTarget.Apply(_owner._pair.Second.Activation, _ownTargets.AsSpan(i * mapLength, mapLength), targets);
                TensorPrimitives.Subtract<float>(values, targets, values);
                error += TensorPrimitives.SumOfSquares<float>(values);
            }

            return error;
        }

        /// <summary>The changes of the first unit's values that make up for what is missing [pixels, channels].</summary>
        /// <param name="back">Takes what is missing at one pixel to the hidden features that the reader sees from there.</param>
        public ReadOnlySpan<float> HiddenChanges(PanelWeights back)
        {
            _missing.CopyFrom(Residuals);
            PatchColumns columns = _owner._second.ColumnsOf(0)[_owner._reader];
            Multiply(_missing, back, ref _owner._spread);
            float[] spread = _owner._spread, changes = Grow(ref _owner._changes, _before.Length);
            Array.Clear(changes, 0, _before.Length);
            int rowsLength = _owner._second.Area * columns.Count, mapLength = columns.InputLength;
            WorkerTeam.For(_owner._threads, Images.Length, (i, _) =>
            {
                Span<float> own = changes.AsSpan(i * mapLength, mapLength);
                columns.AddBack(spread.AsSpan(i * rowsLength, rowsLength), _owner._second.Width, own);
                Flatten(own, _before.AsSpan(i * mapLength, mapLength));
            });
            return changes.AsSpan(0, _before.Length);
        }

        /// <summary>What a step of the first unit changes in the second one's value, to first order.</summary>
        public ReadOnlySpan<float> EffectOf(PanelWeights firstStep, PanelWeights second)
        {
            Flatten(Multiply(FirstPatches, firstStep, ref _owner._changes), _before);
            float[] changes = _owner._changes;
            // In the second unit's patches everything but the hidden features becomes 0.
            SecondPatches.Memory.Span.Clear();
            WritePatches(SecondPatches, _owner._second, _owner._allSecond, _owner._reader, _owner._readerColumn, (i, length) => changes.AsSpan(i * length, length));
            return Multiply(SecondPatches, second, ref _owner._spread);
        }

        /// <summary>x·Wᵀ, in memory that grows as needed and is used again.</summary>
        public Span<float> Multiply(PanelMatrix x, PanelWeights weights, ref float[] memory)
        {
            int length = x.Rows * weights.Outputs;
            Span<float> result = Grow(ref memory, length).AsSpan(0, length);
            weights.Multiply(x, result, _owner._threads);
            return result;
        }

        private static float[] Grow(ref float[] memory, int length) => memory = memory.Length < length ? new float[length] : memory;

        /// <summary>Nothing changes where the activation is flat.</summary>
        private void Flatten(Span<float> changes, ReadOnlySpan<float> before)
        {
            Activation activation = _owner._pair.First.Activation!;
            for (int i = 0; i < changes.Length; i++)
                changes[i] *= ActivationTarget.Slope(activation, before[i]);
        }

        private void WritePatches(PanelMatrix target, SampleLayout layout, int[] pixels, int layer, int column, MapOf map)
        {
            PatchColumns columns = layout.ColumnsOf(0)[layer];
            WorkerTeam.For(_owner._threads, Images.Length, (i, _) => columns.Write(map(i, columns.InputLength), pixels, layout.Width, target, i * pixels.Length, column));
        }

        private delegate ReadOnlySpan<float> MapOf(int image, int length);
    }
}
