using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The residual R of a greedy column selection: what the columns taken so far leave of A. Every <see cref="Take"/> sets R ← R − r·rᵀ/R[j, j] with r = R[:, j].
/// </summary>
/// <remarks>
/// R is symmetric and zero in the rows and columns that were taken. Only the upper triangle is kept up to date, and the matrix is packed together each time an
/// eighth of it has been taken. Wide spaces are updated by several threads in strips of rows with equal area; strips depend on the width alone and are
/// added up in order, so the number of threads changes nothing.
/// </remarks>
internal sealed class ColumnSelection
{
    private const int SmallestParallel = 512;
    private const int Strips = 8;

    private readonly int _threads;
    private readonly Matrix _residual; // [count, count], the first _active rows and columns hold R[_feature[i], _feature[j]] for i ≤ j
    private readonly int[] _feature; // [_active], feature at each position
    private readonly int[] _position; // [count], place of a feature, −1 once it is taken
    private readonly double[] _diagonal; // [count], R[j, j]
    private readonly double[] _sums; // [count], by position: Σᵢ R[i, j]²
    private readonly double[][] _stripSums;
    private readonly double[] _pivotColumn; // [_active], by position
    private int _active;
    private int _taken; // among the active

    /// <summary>Starts with R = A.</summary>
    /// <param name="matrix">A, symmetric; overwritten.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public ColumnSelection(Matrix matrix, int threads)
    {
        int count = matrix.Rows;
        (_residual, _threads) = (matrix, threads);
        _feature = [.. Enumerable.Range(0, count)];
        _position = [.. Enumerable.Range(0, count)];
        _diagonal = new double[count];
        _sums = new double[count];
        _pivotColumn = new double[count];
        _stripSums = [.. Enumerable.Range(0, Strips).Select(_ => new double[count])];
        _active = count;
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.MultiplyAdd(matrix.Row(i), matrix.Row(i), _sums, _sums);
            _diagonal[i] = matrix[i, i];
        }
    }

    /// <summary>R[j, j] of every feature: the part of its weighted variance that is not explained.</summary>
    public ReadOnlySpan<double> Diagonal => _diagonal;

    /// <summary>How much of trace(R) a feature would explain: Σᵢ R[i, j]²/R[j, j].</summary>
    public double Gain(int feature) => _sums[_position[feature]] / _diagonal[feature];

    /// <summary>Takes a feature; everything it explains leaves R.</summary>
    public void Take(int feature)
    {
        int pivot = _position[feature];
        Span<double> column = _pivotColumn.AsSpan(0, _active);
        for (int i = 0; i < pivot; i++)
            column[i] = _residual[i, pivot];
        _residual.Row(pivot)[pivot.._active].CopyTo(column[pivot..]);
        double inverse = 1 / column[pivot];

        Array.Clear(_sums, 0, _active);
        if (_active < SmallestParallel)
            Update(0, _active, inverse, _sums);
        else
            UpdateInStrips(inverse);

        for (int i = 0; i < _active; i++)
        {
            if (_position[_feature[i]] >= 0)
                _diagonal[_feature[i]] = _residual[i, i];
        }

        _position[feature] = -1;
        _diagonal[feature] = 0;
        if (++_taken * 8 >= _active)
            Pack();
    }

    private void UpdateInStrips(double inverse)
    {
        int active = _active;
        WorkerTeam.For(_threads, Strips, (strip, _) =>
        {
            Array.Clear(_stripSums[strip], 0, active);
            Update(Boundary(strip, active), Boundary(strip + 1, active), inverse, _stripSums[strip]);
        });
        foreach (double[] sums in _stripSums)
            TensorPrimitives.Add(_sums.AsSpan(0, active), sums.AsSpan(0, active), _sums.AsSpan(0, active));
    }

    /// <summary>First row of a strip: rows up to it hold strip/Strips of the upper triangle.</summary>
    private static int Boundary(int strip, int active) => (int)Math.Round(active * (1 - Math.Sqrt(1 - (double)strip / Strips)));

    /// <summary>Updates some rows and adds the squares of what they hold now to the sums of both their row and their column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Update(int from, int to, double inverse, double[] sums)
    {
        int width = Vector<double>.Count;
        ref double pivots = ref MemoryMarshal.GetArrayDataReference(_pivotColumn);
        ref double sum = ref MemoryMarshal.GetArrayDataReference(sums);
        for (int i = from; i < to; i++)
        {
            if (_position[_feature[i]] < 0)
                continue;
            double factor = -_pivotColumn[i] * inverse;
            ref double value = ref MemoryMarshal.GetReference(_residual.Row(i));
            double diagonal = Math.FusedMultiplyAdd(factor, _pivotColumn[i], Unsafe.Add(ref value, i));
            Unsafe.Add(ref value, i) = diagonal;

            // Lanes hold neighbouring columns right of the diagonal; what was taken there stays near zero, and its sum is never asked for.
            var factors = new Vector<double>(factor);
            var own = Vector<double>.Zero;
            int j = i + 1;
            for (; j <= _active - width; j += width)
            {
                var updated = Vector.FusedMultiplyAdd(factors, Vector.LoadUnsafe(ref pivots, (nuint)j), Vector.LoadUnsafe(ref value, (nuint)j));
                updated.StoreUnsafe(ref value, (nuint)j);
                Vector.FusedMultiplyAdd(updated, updated, Vector.LoadUnsafe(ref sum, (nuint)j)).StoreUnsafe(ref sum, (nuint)j);
                own = Vector.FusedMultiplyAdd(updated, updated, own);
            }

            double ownSum = Math.FusedMultiplyAdd(diagonal, diagonal, Vector.Sum(own));
            for (; j < _active; j++)
            {
                double updated = Math.FusedMultiplyAdd(factor, _pivotColumn[j], Unsafe.Add(ref value, j));
                Unsafe.Add(ref value, j) = updated;
                sums[j] = Math.FusedMultiplyAdd(updated, updated, sums[j]);
                ownSum = Math.FusedMultiplyAdd(updated, updated, ownSum);
            }

            sums[i] += ownSum;
        }
    }

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
            Span<double> from = _residual.Row(sources[i]), to = _residual.Row(i);
            for (int j = i; j < kept; j++)
                to[j] = from[sources[j]];
            _sums[i] = _sums[sources[i]];
            _feature[i] = _feature[sources[i]];
            _position[_feature[i]] = i;
        }

        _active = kept;
        _taken = 0;
    }
}
