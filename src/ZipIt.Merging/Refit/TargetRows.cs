using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Computes what a node of the zipped network should give: Σₘ Mₘ·yₘ from what the members give, pixel by pixel, or for outputs a table that was worked out before.
/// </summary>
internal sealed class TargetRows
{
    private readonly NodeOrigin _origin;
    private readonly float[]? _table; // [images, channels]

    public TargetRows(NodeOrigin origin, float[]? table)
    {
        (_origin, _table) = (origin, table);
        Sources = table is null ? origin.Sources : [];
    }

    /// <summary>The members' nodes that are needed.</summary>
    public IReadOnlyList<NodeOrigin.Source> Sources { get; }

    /// <summary>Computes one target.</summary>
    /// <param name="image">Number of the image among all.</param>
    /// <param name="values">For each of <see cref="Sources"/> its value at one pixel [own channels].</param>
    /// <param name="target">Receives the target [channels].</param>
    public void Write(int image, ReadOnlySpan<float[]> values, Span<float> target)
    {
        if (_table is not null)
        {
            _table.AsSpan(image * target.Length, target.Length).CopyTo(target);
            return;
        }

        target.Clear();
        for (int s = 0; s < values.Length; s++)
        {
            float[] own = values[s];
            if (_origin.Sources[s].Rows is not { } rows)
            {
                own.CopyTo(target);
                continue;
            }

            for (int o = 0; o < rows.Length; o++)
            {
                foreach (FeatureMap.Entry entry in rows[o])
                    target[o] += (float)entry.Weight * own[entry.Index];
            }
        }
    }
}
