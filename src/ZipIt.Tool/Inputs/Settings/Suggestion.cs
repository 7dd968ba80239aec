namespace ZipIt.Tool.Inputs;

/// <summary>Finds what somebody may have meant who misspelt a name.</summary>
internal static class Suggestion
{
    private const int LongestName = 64;

    /// <summary>"; did you mean '…'?" if one of the names is near; null if none is.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that there are.</param>
    public static string? For(string name, IReadOnlyCollection<string> known)
    {
        if (name.Length > LongestName || known.Count == 0)
            return null;
        (string best, int distance) = known.Select(one => (one, Distance(name.ToLowerInvariant(), one.ToLowerInvariant()))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, best.Length / 3) ? $"; did you mean '{best}'?" : null;
    }

    /// <summary>Number of letters that are inserted, removed, replaced or exchanged with their neighbour (Damerau 1964, of adjacent letters only).</summary>
    private static int Distance(string a, string b)
    {
        var distances = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            distances[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            distances[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = distances[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                distances[i, j] = Math.Min(replaced, 1 + Math.Min(distances[i - 1, j], distances[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    distances[i, j] = Math.Min(distances[i, j], 1 + distances[i - 2, j - 2]);
            }
        }

        return distances[a.Length, b.Length];
    }
}
