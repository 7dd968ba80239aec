using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What the authors' implementation does for α = 0: a merged feature keeps the undiscounted min(S[i], S[j]), and the entries at the positions that the two
/// features' models had <i>before any removal</i> are forbidden, in the column before the removal of j and in the row after it. The matrix loses its
/// symmetry and rows and columns really move, so this is a direct transcription on a shrinking matrix.
/// </summary>
internal sealed class ReferenceZeroAlphaMatching
{
    private readonly MatchingProblem _problem;
    private readonly Action<ZipStep>? _trace;
    private readonly int[] _budget; // [models]
    private readonly List<int> _origin; // [left]
    private readonly List<List<int>> _groups; // [left], source features
    private double[] _similarity; // [left, left]

    public ReferenceZeroAlphaMatching(MatchingProblem problem, double beta, Action<ZipStep>? trace)
    {
        (_problem, _trace) = (problem, trace);
        FeatureStatistics statistics = problem.Statistics;
        int count = statistics.FeatureCount;
        int removed = count - problem.MergedCount;
        _budget = new int[statistics.ModelCount];
        Array.Fill(_budget, ReferenceQuirks.BudgetWithin(removed, statistics.ModelCount, beta));
        _origin = [.. GreedyMatching.Origins(statistics)];
        _groups = [.. Enumerable.Range(0, count).Select(feature => new List<int> { feature })];
        _similarity = [];
    }

    /// <summary>Merges until the requested number of features is left.</summary>
    /// <returns>The source features of every merged feature.</returns>
    public int[][] Run()
    {
        LoadSimilarities();
        bool limited = true;
        while (_groups.Count > _problem.MergedCount)
        {
            int left = _groups.Count;
            int largest = 0;
            for (int k = 1; k < _similarity.Length; k++)
            {
                if (_similarity[k] > _similarity[largest])
                    largest = k;
            }

            if (double.IsNegativeInfinity(_similarity[largest]))
            {
                if (!limited)
                    throw new InvalidOperationException("No pair of features is left to merge.");
                limited = false;
                LoadSimilarities();
                continue;
            }

            int row = Math.Min(largest / left, largest % left);
            int column = Math.Max(largest / left, largest % left);
            _trace?.Invoke(new ZipStep(row, column, _origin[row], _origin[column], [.. _budget], _similarity[largest]));
            Merge(row, column, limited);
        }

        return [.. _groups.Select(group => group.Order().ToArray())];
    }

    /// <summary>Similarity of two groups: the smallest correlation between their members.</summary>
    private void LoadSimilarities()
    {
        Matrix correlation = _problem.Correlation;
        int left = _groups.Count;
        _similarity = new double[left * left];
        for (int i = 0; i < left; i++)
        {
            for (int j = 0; j < left; j++)
                _similarity[i * left + j] = i == j ? double.NegativeInfinity : _groups[i].Min(a => _groups[j].Min(b => correlation[a, b]));
        }
    }

    private void Merge(int row, int column, bool limited)
    {
        int left = _groups.Count;
        (int Start, int End) rowBlock = BlockOf(_origin[row]), columnBlock = BlockOf(_origin[column]);
        for (int k = 0; k < left; k++)
        {
            ref double value = ref _similarity[k * left + row];
            value = Math.Min(value, _similarity[k * left + column]);
            if (limited && (Contains(rowBlock, k) || Contains(columnBlock, k)))
                value = double.NegativeInfinity;
        }

        // The column goes first; its row is still needed.
        var narrowed = new double[left * (left - 1)];
        for (int k = 0; k < left; k++)
        {
            Span<double> source = _similarity.AsSpan(k * left, left), target = narrowed.AsSpan(k * (left - 1), left - 1);
            source[..column].CopyTo(target);
            source[(column + 1)..].CopyTo(target[column..]);
        }

        left--;
        for (int k = 0; k < left; k++)
        {
            ref double value = ref narrowed[row * left + k];
            value = Math.Min(value, narrowed[column * left + k]);
            if (limited && (Contains(rowBlock, k) || Contains(columnBlock, k)))
                value = double.NegativeInfinity;
        }

        _similarity = new double[left * left];
        narrowed.AsSpan(0, column * left).CopyTo(_similarity);
        narrowed.AsSpan((column + 1) * left).CopyTo(_similarity.AsSpan(column * left));

        int model = _origin[row];
        bool within = _origin[row] == _origin[column];
        _groups[row].AddRange(_groups[column]);
        _groups.RemoveAt(column);
        _origin.RemoveAt(column);
        if (limited && within && --_budget[model] <= 0)
            ForbidWithin(model);
    }

    private void ForbidWithin(int model)
    {
        int left = _groups.Count;
        for (int i = 0; i < left; i++)
        {
            for (int j = 0; j < left; j++)
            {
                if (_origin[i] == model && _origin[j] == model)
                    _similarity[i * left + j] = double.NegativeInfinity;
            }
        }
    }

    /// <summary>The positions of a model's features before anything was removed.</summary>
    private (int Start, int End) BlockOf(int model)
    {
        int start = 0;
        for (int m = 0; m < model; m++)
            start += _problem.Statistics.Widths[m];
        return (start, start + _problem.Statistics.Widths[model]);
    }

    private static bool Contains((int Start, int End) block, int position) => position >= block.Start && position < block.End;
}
