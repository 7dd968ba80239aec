using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZipIt.Merging;

/// <summary>
/// One run of <see cref="ZipMatcher"/>.
/// </summary>
/// <remarks>
/// <para>
/// The definition removes a row and a column of S at each merge. Here every feature keeps its index (the order is the same) and a removed one gets a penalty
/// of −∞ that scans add to its column.
/// </para>
/// <para>
/// Each row remembers its best partner to the right. A merge of j into i rewrites row and column i only, so another row's best changes only if it was i or j,
/// or if its new entry in column i is better. Where the best was lost, the old value stays as an upper bound and the row is scanned again no sooner than
/// that bound is the largest of all: the first row with the largest bound, if it is exact, holds the first largest entry in row-major order.
/// </para>
/// <para>A network is matched once, in a few dozen milliseconds: the loops are compiled at full optimization at once instead of after many calls.</para>
/// </remarks>
internal sealed class GreedyMatching
{
    private const int Unknown = -1;
    private const int None = int.MaxValue;

    private readonly MatchingProblem _problem;
    private readonly Action<ZipStep>? _trace;
    private readonly double _alpha;
    private readonly bool _checkAfterMerge;
    private readonly int _count;
    private readonly int _stride;
    private readonly double[] _similarity; // [count, stride], symmetric; −∞ on the diagonal and where forbidden
    private readonly double[] _penalty; // [count], 0, or −∞ where the feature is gone
    private readonly double[] _bound; // [count], largest similarity right of the diagonal, or more if _best is Unknown
    private readonly int[] _best; // [count], where it stands
    private readonly int[] _origin; // [count], model that the feature counts as
    private readonly int[] _budget; // [models]
    private readonly List<(int Kept, int Removed)> _merges = [];

    public GreedyMatching(MatchingProblem problem, double alpha, double beta, bool compatibility, Action<ZipStep>? trace)
    {
        (_problem, _alpha, _checkAfterMerge, _trace) = (problem, alpha, compatibility, trace);
        FeatureStatistics statistics = problem.Statistics;
        _count = statistics.FeatureCount;
        _stride = PaddedStride(_count);
        _similarity = GC.AllocateUninitializedArray<double>(checked(_count * _stride));
        _penalty = new double[_count];
        _bound = new double[_count];
        _best = new int[_count];
        _origin = Origins(statistics);
        int removed = _count - problem.MergedCount;
        _budget = new int[statistics.ModelCount];
        Array.Fill(_budget, compatibility
            ? ReferenceQuirks.BudgetWithin(removed, statistics.ModelCount, beta)
            : (int)Math.Floor((double)removed / statistics.ModelCount * beta + 1e-4));
    }

    /// <summary>The model that each feature belongs to.</summary>
    public static int[] Origins(FeatureStatistics statistics)
    {
        var origins = new int[statistics.FeatureCount];
        int feature = 0;
        for (int model = 0; model < statistics.ModelCount; model++)
        {
            for (int j = 0; j < statistics.Widths[model]; j++)
                origins[feature++] = model;
        }

        return origins;
    }

    /// <summary>Merges until the requested number of features is left.</summary>
    /// <returns>The source features of every merged feature, in the order of the features that stayed.</returns>
    public int[][] Run()
    {
        LoadSimilarities();
        if (!_checkAfterMerge)
        {
            for (int model = 0; model < _budget.Length; model++)
            {
                if (_budget[model] == 0)
                    ForbidWithin(model);
            }
        }

        ForgetBests();
        double alpha = _alpha;
        bool limited = true;
        for (int left = _count; left > _problem.MergedCount;)
        {
            int row = FindFirstBest();
            if (row < 0)
            {
                if (!limited)
                    throw new InvalidOperationException("No pair of features is left to merge.");
                limited = false;
                alpha = _alpha == 0 ? 1 : _alpha;
                ReplayWithoutLimits(alpha);
                continue;
            }

            int column = _best[row];
            _trace?.Invoke(DescribeStep(row, column));
            bool within = _origin[row] == _origin[column];
            int model = _origin[row];
            Merge(row, column, alpha);
            _merges.Add((row, column));
            left--;
            if (limited && within && --_budget[model] <= 0)
                ForbidWithin(model);
        }

        return Groups();
    }

    /// <summary>A row length that keeps the entries of one column from sharing a cache set.</summary>
    private static int PaddedStride(int count) => (count + 7) / 8 * 8 + 8;

    private Span<double> Row(int row) => _similarity.AsSpan(row * _stride, _count);

    private void LoadSimilarities()
    {
        double[] deviations = _problem.Statistics.ToDeviations();
        for (int i = 0; i < _count; i++)
        {
            Span<double> row = Row(i);
            _problem.Statistics.CorrelationRow(i, 0, deviations, row);
            row[i] = double.NegativeInfinity;
        }
    }

    private void ForgetBests()
    {
        Array.Fill(_bound, double.PositiveInfinity);
        Array.Fill(_best, Unknown);
        foreach ((_, int removed) in _merges)
            (_bound[removed], _best[removed]) = (double.NegativeInfinity, None);
    }

    /// <summary>The first row with the largest similarity of all, or −1 if no pair is allowed.</summary>
    private int FindFirstBest()
    {
        while (true)
        {
            double largest = Largest(_bound);
            if (double.IsNegativeInfinity(largest))
                return -1;
            int row = FirstEqual(_bound, largest);
            if (_best[row] != Unknown)
                return row;
            FindBestOf(row);
        }
    }

    private void FindBestOf(int row)
    {
        ReadOnlySpan<double> similarities = Row(row)[(row + 1)..];
        ReadOnlySpan<double> penalties = _penalty.AsSpan(row + 1);
        double largest = Largest(similarities, penalties);
        _bound[row] = largest;
        _best[row] = double.IsNegativeInfinity(largest) ? None : row + 1 + FirstEqual(similarities, penalties, largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Merge(int kept, int removed, double alpha)
    {
        Span<double> row = Row(kept);
        if (alpha == 0)
            row.Fill(double.NegativeInfinity);
        else
        {
            TensorPrimitives.Min<double>(row, Row(removed), row);
            TensorPrimitives.Multiply(row, alpha, row);
        }

        row[kept] = double.NegativeInfinity;
        _penalty[removed] = double.NegativeInfinity;
        (_bound[removed], _best[removed]) = (double.NegativeInfinity, None);

        ref double column = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_similarity), kept);
        for (int k = 0; k < _count; k++, column = ref Unsafe.Add(ref column, _stride))
        {
            if (_penalty[k] != 0)
                continue;
            double value = row[k];
            column = value;
            if (_best[k] == removed)
                _best[k] = Unknown;
            if (k >= kept)
                continue;
            if (value > _bound[k])
                (_bound[k], _best[k]) = (value, kept); // above every other entry, even if the bound was loose
            else if (_best[k] == kept)
                _best[k] = value == _bound[k] ? kept : Unknown;
            else if (value == _bound[k] && _best[k] != Unknown && kept < _best[k] && !double.IsNegativeInfinity(value))
                _best[k] = kept;
        }

        FindBestOf(kept);
    }

    /// <summary>Forbids every pair of features that count as the model.</summary>
    private void ForbidWithin(int model)
    {
        var forbidden = new double[_count];
        for (int k = 0; k < _count; k++)
            forbidden[k] = _origin[k] == model ? double.NegativeInfinity : 0;
        for (int k = 0; k < _count; k++)
        {
            if (_origin[k] != model || _penalty[k] != 0)
                continue;
            TensorPrimitives.Add(Row(k), forbidden, Row(k));
            if (_best[k] is not (Unknown or None) && _origin[_best[k]] == model)
                _best[k] = Unknown;
        }
    }

    /// <summary>Computes the similarities that the features left would have if nothing had ever been forbidden.</summary>
    private void ReplayWithoutLimits(double alpha)
    {
        LoadSimilarities();
        foreach ((int kept, int removed) in _merges)
        {
            Span<double> row = Row(kept);
            TensorPrimitives.Min<double>(row, Row(removed), row);
            TensorPrimitives.Multiply(row, alpha, row);
            row[kept] = double.NegativeInfinity;
            for (int k = 0; k < _count; k++)
                _similarity[k * _stride + kept] = row[k];
        }

        ForgetBests();
    }

    private int[][] Groups()
    {
        var members = new List<int>?[_count];
        for (int k = 0; k < _count; k++)
            members[k] = [k];
        foreach ((int kept, int removed) in _merges)
        {
            members[kept]!.AddRange(members[removed]!);
            members[removed] = null;
        }

        return [.. members.OfType<List<int>>().Select(group => group.Order().ToArray())];
    }

    private ZipStep DescribeStep(int row, int column)
    {
        int gone = 0, goneBetween = 0;
        for (int k = 0; k < column; k++)
        {
            if (_penalty[k] == 0)
                continue;
            if (k < row)
                gone++;
            else
                goneBetween++;
        }

        return new ZipStep(row - gone, column - gone - goneBetween, _origin[row], _origin[column], [.. _budget], _bound[row]);
    }

    // The scans below treat +0 and −0 as equal, as the definition does. Vector lanes hold neighbouring entries; the last vector overlaps the one before it,
    // which changes neither a maximum nor the first place of a value.

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Largest(ReadOnlySpan<double> values)
    {
        double largest = double.NegativeInfinity;
        int k = 0;
        if (values.Length >= Vector<double>.Count)
        {
            var lanes = new Vector<double>(values);
            for (k = Vector<double>.Count; k <= values.Length - Vector<double>.Count; k += Vector<double>.Count)
                lanes = Vector.Max(lanes, new Vector<double>(values[k..]));
            lanes = Vector.Max(lanes, new Vector<double>(values[^Vector<double>.Count..]));
            for (int lane = 0; lane < Vector<double>.Count; lane++)
                largest = Math.Max(largest, lanes[lane]);
            return largest;
        }

        for (; k < values.Length; k++)
            largest = Math.Max(largest, values[k]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Largest(ReadOnlySpan<double> values, ReadOnlySpan<double> penalties)
    {
        double largest = double.NegativeInfinity;
        int width = Vector<double>.Count;
        if (values.Length >= width)
        {
            ref double value = ref MemoryMarshal.GetReference(values);
            ref double penalty = ref MemoryMarshal.GetReference(penalties);
            int last = values.Length - width;
            Vector<double> lanes = Load(ref value, last) + Load(ref penalty, last);
            for (int k = 0; k < last; k += width)
                lanes = Vector.Max(lanes, Load(ref value, k) + Load(ref penalty, k));
            for (int lane = 0; lane < width; lane++)
                largest = Math.Max(largest, lanes[lane]);
            return largest;
        }

        for (int k = 0; k < values.Length; k++)
            largest = Math.Max(largest, values[k] + penalties[k]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FirstEqual(ReadOnlySpan<double> values, double wanted)
    {
        int width = Vector<double>.Count;
        int k = 0;
        var target = new Vector<double>(wanted);
        ref double value = ref MemoryMarshal.GetReference(values);
        while (k <= values.Length - width && !Vector.EqualsAny(Load(ref value, k), target))
            k += width;
        while (values[k] != wanted)
            k++;
        return k;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FirstEqual(ReadOnlySpan<double> values, ReadOnlySpan<double> penalties, double wanted)
    {
        int width = Vector<double>.Count;
        int k = 0;
        var target = new Vector<double>(wanted);
        ref double value = ref MemoryMarshal.GetReference(values);
        ref double penalty = ref MemoryMarshal.GetReference(penalties);
        while (k <= values.Length - width && !Vector.EqualsAny(Load(ref value, k) + Load(ref penalty, k), target))
            k += width;
        while (values[k] + penalties[k] != wanted)
            k++;
        return k;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Load(ref double values, int index) => Unsafe.As<double, Vector<double>>(ref Unsafe.Add(ref values, index));
}
