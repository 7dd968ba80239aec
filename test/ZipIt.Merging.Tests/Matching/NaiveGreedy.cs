using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>
/// The greedy matching as it is defined, step by step on a matrix that shrinks: every step looks at every pair.
/// </summary>
internal static class NaiveGreedy
{
    public static List<ZipStep> Run(Matrix correlation, int[] widths, int merged, double alpha, double beta, bool compatibility, out int[][] groups)
    {
        int models = widths.Length;
        List<int> origin = [.. Enumerable.Range(0, models).SelectMany(model => Enumerable.Repeat(model, widths[model]))];
        int removed = origin.Count - merged;
        double share = compatibility ? removed / models : (double)removed / models;
        int[] budget = [.. Enumerable.Repeat((int)Math.Floor(share * beta + 1e-4), models)];
        List<List<double>> allowed = ToLists(correlation), unlimited = ToLists(correlation);
        List<List<int>> left = [.. Enumerable.Range(0, origin.Count).Select(feature => new List<int> { feature })];
        var steps = new List<ZipStep>();
        bool limited = true;
        if (!compatibility)
        {
            for (int model = 0; model < models; model++)
            {
                if (budget[model] == 0)
                    Forbid(allowed, origin, model);
            }
        }

        while (left.Count > merged)
        {
            (int i, int j, double best) = Largest(limited ? allowed : unlimited);
            if (limited && double.IsNegativeInfinity(best))
            {
                limited = false;
                continue;
            }

            steps.Add(new ZipStep(i, j, origin[i], origin[j], [.. budget], best));
            MergeInto(allowed, i, j, alpha, forbid: alpha == 0);
            MergeInto(unlimited, i, j, alpha == 0 ? 1 : alpha, forbid: false);
            int model = origin[i];
            bool within = model == origin[j];
            left[i].AddRange(left[j]);
            left.RemoveAt(j);
            origin.RemoveAt(j);
            if (limited && within && --budget[model] <= 0)
                Forbid(allowed, origin, model);
        }

        groups = [.. left.Select(group => group.Order().ToArray())];
        return steps;
    }

    private static List<List<double>> ToLists(Matrix matrix) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(i => matrix.Row(i).ToArray().Select((value, j) => i == j ? double.NegativeInfinity : value).ToList())];

    private static (int Row, int Column, double Value) Largest(List<List<double>> s)
    {
        (int Row, int Column, double Value) best = (0, 0, double.NegativeInfinity);
        for (int i = 0; i < s.Count; i++)
        {
            for (int j = i + 1; j < s.Count; j++)
            {
                if (s[i][j] > best.Value)
                    best = (i, j, s[i][j]);
            }
        }

        return best;
    }

    private static void MergeInto(List<List<double>> s, int i, int j, double alpha, bool forbid)
    {
        for (int k = 0; k < s.Count; k++)
        {
            if (k != i)
                s[i][k] = s[k][i] = forbid ? double.NegativeInfinity : alpha * Math.Min(s[i][k], s[j][k]);
        }

        s.RemoveAt(j);
        foreach (List<double> row in s)
            row.RemoveAt(j);
    }

    private static void Forbid(List<List<double>> s, List<int> origin, int model)
    {
        for (int i = 0; i < s.Count; i++)
        {
            for (int j = 0; j < s.Count; j++)
            {
                if (origin[i] == model && origin[j] == model)
                    s[i][j] = double.NegativeInfinity;
            }
        }
    }
}
