using ZipIt.Networks;

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
}
