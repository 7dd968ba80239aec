using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The residual R of a greedy column selection: what the columns taken so far leave of A. Every feature j that is taken sets R ← R − w·wᵀ with
/// w = R[:, j]/√R[j, j].
/// </summary>
/// <remarks>
/// <para>
/// Gains need the sums of squares of R's columns, the diagonal of S = R². Taking a feature sets S ← S − v·wᵀ − w·vᵀ with v = S[:, j]/√R[j, j] − ½‖w‖²·w.
/// So neither matrix is needed after each step, only the column of what is taken, which costs features × steps since the matrices were last brought up to date;
/// that is done for <see cref="Block"/> steps together, by products of matrices on several threads.
/// </para>
/// <para>
/// S loses digits twice as fast as R: it is multiplied anew when its trace has fallen to <see cref="Faded"/>, and a gain is compared with its column before the
/// feature is taken. Both matrices are kept on and below the diagonal, and are packed together when an eighth of them has been taken. The number of threads
/// changes nothing.
/// </para>
/// </remarks>
internal sealed class ColumnSelection
{
    /// <summary>Steps after which R and S are brought up to date.</summary>
    internal const int Block = 64;

    private const double Faded = 1e-4; // of the trace that S had when it was multiplied
    private const double Tolerance = 1e-6; // of a gain
    private const int Depth = 256; // columns that are multiplied together for S

    private readonly int _threads;
    private readonly int _stride;
    private readonly double[] _residual; // R [count, count], the first _active rows and columns, by position
    private readonly double[] _squares; // S [count, count], the same
    private readonly int[] _feature; // [_active], feature at each position
    private readonly int[] _position; // [count], place of a feature, −1 once it is taken
    private readonly double[] _diagonal; // [count], R[j, j], by feature
    private readonly double[] _sums; // [count], S[j, j], by position; 0 for what was taken
    private readonly double[][] _w; // [Block][_active], what was taken since the matrices were brought up to date
    private readonly double[][] _v;
    private readonly double[] _scratch;
    private int _active;
    private int _steps; // since the matrices were brought up to date
    private int _taken; // among the active
    private double _trace; // of S when it was multiplied

    /// <summary>Starts with R = A.</summary>
    /// <param name="matrix">A, symmetric; only the lower triangle is read.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public ColumnSelection(Matrix matrix, int threads)
    {
        int count = matrix.Rows;
        // An odd number of cache lines, so that a column's values do not compete for the same places of the cache.
        (_threads, _active, _stride) = (threads, count, (count + 7) / 8 * 8 | 8);
        _residual = new double[checked(count * _stride)];
        _squares = new double[_residual.Length];
        _feature = [.. Enumerable.Range(0, count)];
        _position = [.. Enumerable.Range(0, count)];
        _diagonal = new double[count];
        _sums = new double[count];
        _scratch = new double[count];
        _w = new double[Math.Min(Block, count)][];
        _v = new double[_w.Length][];
        for (int k = 0; k < _w.Length; k++)
            (_w[k], _v[k]) = (new double[count], new double[count]);
        for (int i = 0; i < count; i++)
        {
            matrix.Row(i)[..(i + 1)].CopyTo(_residual.AsSpan(i * _stride));
            _diagonal[i] = matrix[i, i];
        }

        Square();
    }

    /// <summary>R[j, j] of every feature: the part of its weighted variance that is not explained.</summary>
    public ReadOnlySpan<double> Diagonal => _diagonal;

    /// <summary>How much of trace(R) a feature would explain: Σᵢ R[i, j]²/R[j, j].</summary>
    public double Gain(int feature) => _sums[_position[feature]] / _diagonal[feature];

    /// <summary>Takes a feature, so that everything it explains leaves R, unless its gain was too large by rounding.</summary>
    /// <returns>Whether it was taken; otherwise its gain is right now, and another one may be larger.</returns>
    public bool TryTake(int feature)
    {
        int pivot = _position[feature];
        double inverse = 1 / Math.Sqrt(_diagonal[feature]);
        Span<double> w = _w[_steps].AsSpan(0, _active);
        CopyColumn(_residual, pivot, w);
        for (int k = 0; k < _steps; k++)
            AddMultiple(-_w[k][pivot], _w[k], w);
        w[pivot] = _diagonal[feature];
        double sum = TensorPrimitives.SumOfSquares<double>(w);
        if (_sums[pivot] > sum * (1 + Tolerance))
        {
            _sums[pivot] = sum;
            return false;
        }

        TensorPrimitives.Multiply(w, inverse, w);
        Span<double> v = _v[_steps].AsSpan(0, _active);
        CopyColumn(_squares, pivot, v);
        for (int k = 0; k < _steps; k++)
        {
            AddMultiple(-_w[k][pivot], _v[k], v);
            AddMultiple(-_v[k][pivot], _w[k], v);
        }

        TensorPrimitives.Multiply(v, inverse, v);
        AddMultiple(-0.5 * TensorPrimitives.SumOfSquares<double>(w), w, v);
        Subtract(w, v);

        _position[feature] = -1;
        _diagonal[feature] = 0;
        _sums[pivot] = 0;
        _taken++;
        bool isFaded = !(TensorPrimitives.Sum<double>(_sums.AsSpan(0, _active)) > Faded * _trace);
        if (++_steps == _w.Length || isFaded)
            Update(isFaded);
        return true;
    }

    /// <summary>Takes a step off the diagonals of R and S.</summary>
    private void Subtract(ReadOnlySpan<double> w, ReadOnlySpan<double> v)
    {
        for (int i = 0; i < w.Length; i++)
        {
            int feature = _feature[i];
            if (_position[feature] < 0)
                continue;
            _diagonal[feature] -= w[i] * w[i];
            _sums[i] = Math.Max(_sums[i] - 2 * v[i] * w[i], 0);
        }
    }

    /// <summary>Brings both matrices up to date.</summary>
    private void Update(bool isFaded)
    {
        // [w, v] and [v, w]: both products of S at once.
        var left = new RowPanels(_active, 2 * _steps);
        var right = new RowPanels(_active, 2 * _steps);
        for (int k = 0; k < _steps; k++)
        {
            left.SetColumn(k, _w[k]);
            left.SetColumn(_steps + k, _v[k]);
            right.SetColumn(k, _v[k]);
            right.SetColumn(_steps + k, _w[k]);
        }

        RowPanels.AddToLower(left, left, _steps, -1, _residual, _stride, _threads);
        if (!isFaded)
            RowPanels.AddToLower(left, right, 2 * _steps, -1, _squares, _stride, _threads);

        _steps = 0;
        if (isFaded || _taken * 8 >= _active)
            Pack();
        if (isFaded)
            Square();
    }

    /// <summary>S = R².</summary>
    private void Square()
    {
        for (int i = 0; i < _active; i++)
            _squares.AsSpan(i * _stride, i + 1).Clear();
        var panels = new RowPanels(_active, Depth);
        for (int first = 0; first < _active; first += Depth)
        {
            int depth = Math.Min(Depth, _active - first);
            for (int k = 0; k < depth; k++)
            {
                CopyColumn(_residual, first + k, _scratch.AsSpan(0, _active));
                panels.SetColumn(k, _scratch);
            }

            RowPanels.AddToLower(panels, panels, depth, 1, _squares, _stride, _threads);
        }

        for (int i = 0; i < _active; i++)
            _sums[i] = _squares[i * _stride + i];
        _trace = TensorPrimitives.Sum<double>(_sums.AsSpan(0, _active));
    }

    private void CopyColumn(double[] lower, int column, Span<double> target)
    {
        lower.AsSpan(column * _stride, column).CopyTo(target);
        for (int i = column; i < target.Length; i++)
            target[i] = lower[i * _stride + column];
    }

    private static void AddMultiple(double factor, ReadOnlySpan<double> values, Span<double> sum) =>
        TensorPrimitives.MultiplyAdd(values[..sum.Length], factor, sum, sum);

    /// <summary>Moves what is left together.</summary>
    private void Pack()
    {
        int kept = 0;
        int[] sources = new int[_active - _taken];
        for (int i = 0; i < _active; i++)
        {
            if (_position[_feature[i]] >= 0)
                sources[kept++] = i;
        }

        for (int i = 0; i < kept; i++)
        {
            foreach (double[] matrix in (ReadOnlySpan<double[]>)[_residual, _squares])
            {
                Span<double> from = matrix.AsSpan(sources[i] * _stride, _stride), to = matrix.AsSpan(i * _stride, _stride);
                for (int j = 0; j <= i; j++)
                    to[j] = from[sources[j]];
            }

            _sums[i] = _sums[sources[i]];
            _feature[i] = _feature[sources[i]];
            _position[_feature[i]] = i;
        }

        _active = kept;
        _taken = 0;
    }
}
