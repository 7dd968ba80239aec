using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Fits two successive units together, in rounds: what is missing behind the second one is handed to the hidden features between them as the smallest change
/// that makes up for it, and both layers are moved there by least squares, with the factors of their normal equations at hand (alternating least squares in
/// auxiliary coordinates: Carreira-Perpiñán and Wang, <i>Distributed optimization of deeply nested systems</i>, AISTATS 2014; the use for zipped networks is
/// ours).
/// </summary>
/// <remarks>
/// With r = what the second unit's targets lack, W its weights for the hidden features: Δh = Wᵀ·(W·Wᵀ + μI)⁻¹·r, zero where the hidden activation is flat. Both
/// layers' steps Δ = (XᵀX + λI)⁻¹·XᵀΔh and (HᵀH + λI)⁻¹·Hᵀr have their lengths chosen together, so that the error that they leave is smallest to first order. A
/// round that does not make the error smaller is taken back and ends the work.
/// </remarks>
internal sealed class PairRounds : IDisposable
{
    private const double Damping = 1; // μ in units of the mean diagonal of W·Wᵀ
    private const int LengthsEvery = 4; // tiles that step lengths are chosen on

    private readonly PairLayout _layout;
    private readonly PairMaps _maps;
    private readonly int _threads;
    private readonly BufferPool _pool;
    private readonly int _tileCount;
    private readonly PairTile?[] _tiles; // the last one alone if not all are kept

    // For one tile at a time.
    private readonly GrowingBuffer _spread;
    private readonly GrowingBuffer _changes;
    private readonly GrowingBuffer _effect;

    /// <summary>Prepares rounds.</summary>
    /// <param name="layout">The units and their columns.</param>
    /// <param name="maps">What they read, and what the second one should give.</param>
    /// <param name="threads">Number of threads; 0 for one per processor. Results do not depend on it.</param>
    /// <param name="pool">Memory.</param>
    /// <param name="tileBytes">Memory of a tile, if it has more than one image.</param>
    /// <param name="keptBytes">Memory of all tiles up to which they are kept. Results do not depend on it.</param>
    public PairRounds(
        PairLayout layout, PairMaps maps, int threads, BufferPool pool, long tileBytes = RefitBudget.RoundTile, long keptBytes = RefitBudget.RoundTiles)
    {
        (_layout, _maps, _threads, _pool) = (layout, maps, threads, pool);
        long bytes = layout.ImageBytes * maps.Images.Count;
        _tileCount = (int)Math.Clamp((bytes + tileBytes - 1) / tileBytes, 1, maps.Images.Count);
        _tiles = new PairTile?[bytes <= keptBytes ? _tileCount : 1];
        (_spread, _changes, _effect) = (new GrowingBuffer(pool), new GrowingBuffer(pool), new GrowingBuffer(pool));
    }

    /// <summary>Improves the weights of both units.</summary>
    /// <param name="rounds">Number of rounds.</param>
    /// <param name="firstWeights">Weights of the first unit [outputs, columns]; changed.</param>
    /// <param name="secondWeights">Weights of the second unit; changed.</param>
    /// <param name="first">The first unit's normal equations.</param>
    /// <param name="second">The second unit's.</param>
    /// <param name="cancellationToken">Ends the work between two tiles.</param>
    /// <returns>Squared error after the activation as a fraction of the targets' variance, in the end.</returns>
    public double Run(int rounds, Matrix firstWeights, Matrix secondWeights, FactoredEquations first, FactoredEquations second,
        CancellationToken cancellationToken)
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

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (PairTile? tile in _tiles)
            tile?.Dispose();
        Array.Clear(_tiles);
        _spread.Dispose();
        _changes.Dispose();
        _effect.Dispose();
    }

    /// <summary>Squared error after the activation; if equations are given, what is missing is added to them.</summary>
    private double Pass(Matrix firstWeights, Matrix secondWeights, NormalEquations? first, NormalEquations second, CancellationToken cancellationToken)
    {
        DesignWeights firstPacked = Pack(firstWeights, _layout.First), secondPacked = Pack(secondWeights, _layout.Second);
        BackWeights? back = first is null ? null : PackBack(secondWeights);
        double error = 0;
        foreach (PairTile tile in Tiles(cancellationToken))
        {
            tile.Forward(firstPacked, secondPacked);
            error += tile.Error();
            if (first is null)
                continue;
            second.AddResiduals(tile.SecondColumns, tile.Residuals);
            first.AddResiduals(tile.FirstColumns, tile.HiddenChanges(back!, _spread, _changes));
        }

        return error;
    }

    /// <summary>The lengths of both steps for which the error is smallest, to first order.</summary>
    private (double First, double Second) ChooseLengths(Matrix firstWeights, Matrix secondWeights, Matrix firstStep, Matrix secondStep,
        CancellationToken cancellationToken)
    {
        DesignWeights firstPacked = Pack(firstWeights, _layout.First), secondPacked = Pack(secondWeights, _layout.Second),
            firstStepPacked = Pack(firstStep, _layout.First), secondStepPacked = Pack(secondStep, _layout.Second), readerPacked = PackReader(secondWeights);
        double aa = 0, ab = 0, bb = 0, ar = 0, br = 0;
        foreach (PairTile tile in Tiles(cancellationToken, LengthsEvery))
        {
            // Kept tiles still hold what the pass before has computed.
            if (_tiles.Length < _tileCount)
                tile.Forward(firstPacked, secondPacked);
            ReadOnlySpan<float> b = tile.EffectOf(secondStepPacked, _effect);
            ReadOnlySpan<float> a = tile.EffectOf(firstStepPacked, readerPacked, _changes, _spread);
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

    private DesignWeights Pack(Matrix weights, SampleLayout layout) => new(weights, layout, _threads);

    /// <summary>Weights for the hidden features alone.</summary>
    private DesignWeights PackReader(Matrix weights)
    {
        Matrix reader = weights.Clone();
        for (int o = 0; o < reader.Rows; o++)
        {
            Span<double> row = reader.Row(o);
            row[.._layout.ReaderColumn].Clear();
            row[(_layout.ReaderColumn + _layout.Reader.Count)..].Clear();
        }

        return Pack(reader, _layout.Second);
    }

    /// <summary>Variance of the targets after the activation, times their number.</summary>
    private double Energy()
    {
        int channels = _layout.Second.Channels;
        double[] sum = new double[channels], squares = new double[channels];
        var values = new float[channels];
        ReadOnlySpan<float> targets = _maps.Targets.Span;
        for (int i = 0; i < targets.Length; i += channels)
        {
            ActivationTarget.Apply(_layout.Pair.Second.Activation, targets.Slice(i, channels), values);
            for (int c = 0; c < channels; c++)
            {
                sum[c] += values[c];
                squares[c] += (double)values[c] * values[c];
            }
        }

        double energy = 0;
        for (int c = 0; c < channels; c++)
            energy += squares[c] - sum[c] * sum[c] * channels / targets.Length;
        return energy;
    }

    /// <summary>Wᵀ·(W·Wᵀ + μI)⁻¹ [columns of the reader, outputs].</summary>
    private BackWeights PackBack(Matrix weights)
    {
        int outputs = weights.Rows, columns = _layout.Reader.Count;
        var gram = new Matrix(outputs, outputs);
        for (int i = 0; i < outputs; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[i, j] = gram[j, i] = TensorPrimitives.Dot(Reader(i), Reader(j));
        }

        double meanDiagonal = Enumerable.Range(0, outputs).Average(o => gram[o, o]);
        for (int o = 0; o < outputs; o++)
            gram[o, o] += Damping * meanDiagonal + double.Epsilon;
        var back = new Matrix(columns, outputs);
        for (int o = 0; o < outputs; o++)
        {
            for (int j = 0; j < columns; j++)
                back[j, o] = Reader(o)[j];
        }

        Cholesky.TryFactor(gram, 0, _threads)?.SolveRows(back, _threads);
        if (!_layout.TakesWindowsBack)
            return new BackWeights(null, back.Pack());
        int channels = _layout.Reader.Channels, taps = _layout.Reader.Taps;
        var turned = new Matrix(channels, taps * outputs);
        for (int tap = 0; tap < taps; tap++)
        {
            for (int c = 0; c < channels; c++)
                back.Row((taps - 1 - tap) * channels + c).CopyTo(turned.Row(c)[(tap * outputs)..]);
        }

        return new BackWeights(new WinogradFilters(turned, 0, outputs, -1, _threads), null);

        ReadOnlySpan<double> Reader(int output) => weights.Row(output).Slice(_layout.ReaderColumn, columns);
    }

    /// <summary>The images, a few at a time; each tile's are spread over all of them.</summary>
    private IEnumerable<PairTile> Tiles(CancellationToken cancellationToken, int every = 1)
    {
        for (int t = 0; t < _tileCount; t += every)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int first = t, count = (_maps.Images.Count - t + _tileCount - 1) / _tileCount;
            ref PairTile? tile = ref _tiles[Math.Min(t, _tiles.Length - 1)];
            if (tile is null || tile.Images[0] != first)
            {
                if (tile?.Images.Length != count)
                {
                    tile?.Dispose();
                    tile = new PairTile(_layout, _maps, count, _threads, _pool);
                }

                tile.Fill([.. Enumerable.Range(0, count).Select(i => first + i * _tileCount)]);
            }

            yield return tile;
        }
    }
}
