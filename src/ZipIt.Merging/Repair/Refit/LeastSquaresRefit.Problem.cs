using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

internal sealed partial class LeastSquaresRefit
{
    /// <summary>The least-squares problem of one group of channels of a unit.</summary>
    private sealed class Problem
    {
        private readonly LeastSquaresRefit _owner;
        private readonly RefitUnit _unit;
        private readonly Samples _samples;
        private readonly int _group;
        private readonly int _outputs;
        private readonly Matrix _prior;
        private readonly Matrix _weights;
        private readonly ChannelFits _fits;

        public Problem(LeastSquaresRefit owner, RefitUnit unit, Samples samples, int group)
        {
            (_owner, _unit, _samples, _group) = (owner, unit, samples, group);
            _outputs = samples.Channels / samples.Groups;
            _prior = ZipWeights.Of(unit, samples.Layout.ColumnsOf, samples.Columns, group, _outputs);
            _weights = new Matrix(_outputs, samples.Columns);
            _fits = new ChannelFits(_outputs);
        }

        /// <summary>λ in units of the mean variance of the columns.</summary>
        public double Ridge { get; private set; }

        /// <summary>The equations that were solved.</summary>
        public FactoredEquations? Equations { get; private set; }

        public Matrix Solve()
        {
            bool isHead = _owner.IsHead(_unit);
            NormalEquations Create() => new(_samples.Columns, _outputs, _owner._options.Threads) { PenalizesByVariance = isHead };
            NormalEquations equations = Create();
            bool choose = _owner._refit.Ridge is null && _samples.Rows < (long)(isHead ? PlentyOfImages : PlentyOfSamples) * _samples.Columns;
            NormalEquations heldOut = choose ? Create() : equations;
            PanelWeights zip = _prior.Pack();
            // The first step starts at 0, so that nothing need be predicted; the ridge pulls to the zip's weights all the same.
            ForTiles(false, null, (tile, predictions, targets, residuals) =>
            {
                if (tile.IsHeldOut)
                {
                    Predict(zip, tile, predictions);
                    _fits.Add(predictions, targets);
                }

                NormalEquations own = tile.IsHeldOut ? heldOut : equations;
                own.AddRows(tile.Patches[_group]);
                own.AddResiduals(tile.Patches[_group], residuals);
            }, startsAtZero: true);
            Ridge = _owner._refit.Ridge ?? DefaultRidge;
            if (choose && heldOut.Rows > 0 && equations.Rows > 0)
                Ridge = ChooseRidge(equations, heldOut);
            if (choose)
                equations.Add(heldOut);

            double ridge = Ridge * equations.MeanSquare();
            Cholesky factor = equations.Factor(ridge);
            Equations = new FactoredEquations(equations, factor);
            Step(equations, factor, ridge);
            int rounds = _unit.Activation is null ? 0 : _samples.Columns > Wide ? Math.Min(_owner._refit.ActivationRounds, 1) : _owner._refit.ActivationRounds;
            for (int round = 0; round < rounds; round++)
            {
                equations.ClearResiduals();
                ForTiles(false, _unit.Activation, (tile, _, _, residuals) => equations.AddResiduals(tile.Patches[_group], residuals));
                Step(equations, factor, ridge, Relaxation);
            }

            return _weights;
        }

        /// <summary>Squared errors after the activation on the held-out images, of the zip's weights and of the solution, and the targets' variance.</summary>
        public (double Before, double After, double Energy) MeasureErrors()
        {
            var fitted = _prior.Clone();
            for (int o = 0; o < _outputs; o++)
                _fits.Apply(o, fitted.Row(o));
            PanelWeights zip = fitted.Pack();
            double before = 0, after = 0;
            var sum = new double[_outputs];
            var squares = new double[_outputs];
            long count = 0;
            float[] zipped = [];
            ForTiles(true, null, (tile, predictions, targets, _) =>
            {
                count += tile.Rows;
                if (zipped.Length < targets.Length)
                    zipped = new float[targets.Length];
                Predict(zip, tile, zipped.AsSpan(0, targets.Length));
                for (int row = 0; row < targets.Length; row += _outputs)
                {
                    for (int o = 0; o < _outputs; o++)
                    {
                        double target = ActivationTarget.Apply(_unit.Activation, targets[row + o]);
                        before += Square(ActivationTarget.Apply(_unit.Activation, zipped[row + o]) - target);
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

        private static double Square(double value) => value * value;

        private void Step(NormalEquations equations, Cholesky factor, double ridge, double length = 1)
        {
            Matrix step = equations.Solve(factor, ridge, _weights, _prior);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd<double>(step.Values, length, _weights.Values, _weights.Values);
        }

        private double ChooseRidge(NormalEquations equations, NormalEquations heldOut)
        {
            // The error falls and then rises with the ridge: from the default on, downhill.
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
                return heldOut.ErrorAfter(equations.Solve(equations.Factor(ridge), ridge, _weights, _prior));
            }
        }

        /// <summary>Predicts with the present weights and gives predictions and targets (both with the sum's other inputs) and residuals, tile by tile.</summary>
        private void ForTiles(bool heldOutOnly, Activation? activation, TileAction action, bool startsAtZero = false)
        {
            PanelWeights? weights = startsAtZero ? null : _weights.Pack();
            float[] memory = [];
            foreach (RefitTile tile in _samples.Tiles(heldOutOnly))
            {
                int length = tile.Rows * _outputs;
                if (memory.Length < 3 * length)
                    memory = new float[3 * length];
                Span<float> predictions = memory.AsSpan(0, length), targets = memory.AsSpan(length, length), residuals = memory.AsSpan(2 * length, length);
                Predict(weights, tile, predictions);
                for (int row = 0; row < tile.Rows; row++)
                    tile.Targets.AsSpan(row * _samples.Channels + _group * _outputs, _outputs).CopyTo(targets[(row * _outputs)..]);
                ActivationTarget.Residuals(activation, targets, predictions, residuals);
                action(tile, predictions, targets, residuals);
            }
        }

        /// <summary>What weights and the sum's other inputs give; without weights the other inputs alone.</summary>
        private void Predict(PanelWeights? weights, RefitTile tile, Span<float> predictions)
        {
            if (weights is null)
                predictions.Clear();
            else
                weights.Multiply(tile.Patches[_group], predictions, _owner._options.Threads);
            if (tile.Others.Length == 0)
                return;
            for (int row = 0; row < tile.Rows; row++)
            {
                Span<float> own = predictions.Slice(row * _outputs, _outputs);
                System.Numerics.Tensors.TensorPrimitives.Add(own, tile.Others.AsSpan(row * _samples.Channels + _group * _outputs, _outputs), own);
            }
        }

        private delegate void TileAction(RefitTile tile, Span<float> predictions, ReadOnlySpan<float> targets, ReadOnlySpan<float> residuals);
    }
}
