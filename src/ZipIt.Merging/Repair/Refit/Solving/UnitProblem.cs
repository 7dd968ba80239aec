using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>The least-squares problem of one group of channels of a unit.</summary>
internal sealed class UnitProblem
{
    private const int PlentyOfSamples = 8; // per unknown: the ridge then hardly matters
    private const int PlentyOfImages = 50; // the same for heads, where each image is one sample
    private const double DefaultRidge = 1e-3;
    private const int OutputsForRidge = 32; // at least, that a layer's ridge is chosen on; heads need all of theirs, which cost little
    private const double Relaxation = 1.5; // a majorization's steps may be up to twice as long without raising the error, and then need fewer rounds
    private static readonly double[] RidgeCandidates = [1e-4, 1e-3, 1e-2, 1e-1, 1];

    private readonly RefitContext _context;
    private readonly RefitUnit _unit;
    private readonly UnitSamples _samples;
    private readonly int _group;
    private readonly bool _holdsOut;
    private readonly int _outputs;
    private readonly Matrix _prior;
    private readonly Matrix _weights;
    private readonly ChannelRescale _rescale;

    /// <summary>Prepares a problem.</summary>
    /// <param name="context">Options and memory.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="samples">Its samples.</param>
    /// <param name="group">Number of the group.</param>
    /// <param name="holdsOut">Whether weights are not fitted to images that are held out; otherwise only the choice of the ridge leaves them out.</param>
    public UnitProblem(RefitContext context, RefitUnit unit, UnitSamples samples, int group, bool holdsOut = false)
    {
        (_context, _unit, _samples, _group, _holdsOut) = (context, unit, samples, group, holdsOut);
        _outputs = samples.Channels / samples.Groups;
        _prior = PriorWeights.Of(unit, samples.Layout, group);
        _weights = new Matrix(_outputs, samples.Columns);
        _rescale = new ChannelRescale(_outputs);
    }

    /// <summary>λ in units of the mean variance of the columns.</summary>
    public double Ridge { get; private set; }

    /// <summary>Solves the problem.</summary>
    /// <param name="rounds">How often targets are changed where the activation is flat, and the problem solved again.</param>
    /// <returns>Weights [outputs, columns], and the equations that were solved, which the caller disposes of.</returns>
    public (Matrix Weights, FactoredEquations Equations) Solve(int rounds)
    {
        NormalEquations equations = NewEquations();
        bool choose = _context.Refit.Ridge is null && _samples.Rows < (long)(_unit.IsHead ? PlentyOfImages : PlentyOfSamples) * _samples.Columns;
        using NormalEquations? heldOut = choose ? NewEquations() : null;
        DesignWeights prior = Pack(_prior);
        // The first step starts at 0, so that nothing need be predicted; the ridge pulls to the prior weights all the same.
        ForTiles(false, null, (tile, predictions, targets, residuals) =>
        {
            if (tile.IsHeldOut)
            {
                Predict(prior, tile, predictions);
                _rescale.Add(predictions, targets);
            }

            NormalEquations? own = tile.IsHeldOut ? heldOut ?? (_holdsOut ? null : equations) : equations;
            own?.AddRows(tile.Columns[_group]);
            own?.AddResiduals(tile.Columns[_group], residuals);
        }, startsAtZero: true);
        Ridge = _context.Refit.Ridge ?? DefaultRidge;
        if (heldOut is { Rows: > 0 } && equations.Rows > 0)
            Ridge = ChooseRidge(equations, heldOut);
        if (heldOut is not null && !_holdsOut)
            equations.Add(heldOut);

        double ridge = Ridge * equations.MeanSquare();
        var factored = new FactoredEquations(equations, equations.Factor(ridge));
        Step(factored, ridge);
        for (int round = 0; round < rounds; round++)
        {
            equations.ClearResiduals();
            ForTiles(false, _unit.Activation, (tile, _, _, residuals) =>
            {
                if (!tile.IsHeldOut || !_holdsOut)
                    equations.AddResiduals(tile.Columns[_group], residuals);
            });
            Step(factored, ridge, Relaxation);
        }

        return (_weights, factored);
    }

    /// <summary>Squared errors after the activation on the held-out images, of the prior weights and of the solution, and the targets' variance.</summary>
    public (double Before, double After, double Energy) MeasureErrors()
    {
        var rescaled = _prior.Clone();
        for (int o = 0; o < _outputs; o++)
            _rescale.Apply(o, rescaled.Row(o));
        DesignWeights prior = Pack(rescaled);
        double before = 0, after = 0;
        var sum = new double[_outputs];
        var squares = new double[_outputs];
        long count = 0;
        using var memory = new GrowingBuffer(_context.Pool);
        ForTiles(true, null, (tile, predictions, targets, _) =>
        {
            count += tile.Rows;
            Span<float> unfitted = memory.Take(targets.Length).Span;
            Predict(prior, tile, unfitted);
            for (int row = 0; row < targets.Length; row += _outputs)
            {
                for (int o = 0; o < _outputs; o++)
                {
                    double target = ActivationTarget.Apply(_unit.Activation, targets[row + o]);
                    before += Square(ActivationTarget.Apply(_unit.Activation, unfitted[row + o]) - target);
                    after += Square(ActivationTarget.Apply(_unit.Activation, predictions[row + o]) - target);
                    sum[o] += target;
                    squares[o] += target * target;
                }
            }
        });
        double energy = 0;
        for (int o = 0; o < _outputs; o++)
            energy += squares[o] - sum[o] * sum[o] / Math.Max(count, 1);
        return (before, after, energy);
    }

    /// <summary>
    /// What the weights would give for each image if it had been left out of the fit (<see cref="LeaveOneOut"/>), where every image is one sample.
    /// </summary>
    /// <param name="solved">What <see cref="Solve"/> gave without rounds.</param>
    /// <returns>Values [images, outputs].</returns>
    public float[] PredictLeftOut(FactoredEquations solved)
    {
        var values = new float[checked(_context.Images.Count * _outputs)];
        ForTiles(false, null, (tile, predictions, targets, _) =>
        {
            LeaveOneOut.Predict(solved, ((PatchMatrix)tile.Columns[_group]).Values, targets, predictions, _context.Threads);
            for (int i = 0; i < tile.Rows; i++)
                predictions.Slice(i * _outputs, _outputs).CopyTo(values.AsSpan(tile.Images[i] * _outputs));
        });
        return values;
    }

    private DesignWeights Pack(Matrix weights) => new(weights, _samples.Layout, _context.Threads);

    private static double Square(double value) => value * value;

    private NormalEquations NewEquations() => new(_samples.Columns, _outputs, _context.Threads, _context.Pool) { PenalizesByVariance = _unit.IsHead };

    private void Step(FactoredEquations factored, double ridge, double length = 1)
    {
        Matrix step = factored.Equations.Solve(factored.Factor, ridge, _weights, _prior);
        TensorPrimitives.MultiplyAdd<double>(step.Values, length, _weights.Values, _weights.Values);
    }

    private double ChooseRidge(NormalEquations equations, NormalEquations heldOut)
    {
        // The error falls and then rises with the ridge: from the default on, downhill. Some of the outputs tell it as well as all of them do.
        int every = _unit.IsHead ? 1 : Math.Max(_outputs / OutputsForRidge, 1);
        int start = Array.IndexOf(RidgeCandidates, DefaultRidge), best = start;
        double bestError = ErrorWith(start);
        foreach (int direction in (int[])[1, -1])
        {
            for (int i = start + direction; best == i - direction && i >= 0 && i < RidgeCandidates.Length; i += direction)
            {
                double error = ErrorWith(i);
                if (error < bestError)
                    (best, bestError) = (i, error);
            }
        }

        return RidgeCandidates[best];

        double ErrorWith(int candidate)
        {
            double ridge = RidgeCandidates[candidate] * equations.MeanSquare();
            return heldOut.ErrorChange(equations.Solve(equations.Factor(ridge), ridge, _weights, _prior, every), every);
        }
    }

    /// <summary>Predicts with the present weights and gives predictions and targets (both with the sum's other inputs) and residuals, tile by tile.</summary>
    private void ForTiles(bool heldOutOnly, Activation? activation, TileAction action, bool startsAtZero = false)
    {
        DesignWeights? weights = startsAtZero ? null : Pack(_weights);
        using var memory = new GrowingBuffer(_context.Pool);
        foreach (SampleTile tile in _samples.Tiles(heldOutOnly))
        {
            int length = tile.Rows * _outputs;
            Span<float> values = memory.Take(checked(3 * length)).Span;
            Span<float> predictions = values[..length], residuals = values[length..(2 * length)];
            Predict(weights, tile, predictions);
            ReadOnlySpan<float> targets = OwnPart(tile.Targets.Span, tile.Rows, values[(2 * length)..]);
            ActivationTarget.Residuals(activation, targets, predictions, residuals);
            action(tile, predictions, targets, residuals);
        }
    }

    /// <summary>What weights and the sum's other inputs give; without weights the other inputs alone.</summary>
    private void Predict(DesignWeights? weights, SampleTile tile, Span<float> predictions)
    {
        if (weights is null)
            predictions.Clear();
        else
            tile.Columns[_group].Multiply(weights, predictions, _context.Threads);
        if (tile.Others is null)
            return;
        ReadOnlySpan<float> others = tile.Others.Span;
        if (_samples.Groups == 1)
        {
            TensorPrimitives.Add(predictions, others[..predictions.Length], predictions);
            return;
        }

        for (int row = 0; row < tile.Rows; row++)
        {
            Span<float> own = predictions.Slice(row * _outputs, _outputs);
            TensorPrimitives.Add(own, others.Slice(row * _samples.Channels + _group * _outputs, _outputs), own);
        }
    }

    /// <summary>The group's part of values [rows, channels of all groups].</summary>
    private ReadOnlySpan<float> OwnPart(ReadOnlySpan<float> all, int rows, Span<float> memory)
    {
        if (_samples.Groups == 1)
            return all[..(rows * _outputs)];
        for (int row = 0; row < rows; row++)
            all.Slice(row * _samples.Channels + _group * _outputs, _outputs).CopyTo(memory[(row * _outputs)..]);
        return memory[..(rows * _outputs)];
    }

    private delegate void TileAction(SampleTile tile, Span<float> predictions, ReadOnlySpan<float> targets, ReadOnlySpan<float> residuals);
}
