namespace ZipIt.Merging;

/// <summary>Computes what a node of the zipped network should give: Σₘ Mₘ·yₘ from what the members give, pixel by pixel.</summary>
internal sealed class TargetRows(NodeOrigin origin)
{
    /// <summary>The members' nodes that are needed.</summary>
    public IReadOnlyList<NodeOrigin.Source> Sources => origin.Sources;

    /// <summary>Adds one source's part to a target.</summary>
    /// <param name="source">Index of the source.</param>
    /// <param name="values">Its value at one pixel [own channels].</param>
    /// <param name="target">The target [channels].</param>
    public void Add(int source, ReadOnlySpan<float> values, Span<float> target)
    {
        if (Sources[source].Rows is not { } rows)
        {
            values.CopyTo(target);
            return;
        }

        for (int o = 0; o < rows.Length; o++)
        {
            foreach (FeatureMap.Entry entry in rows[o])
                target[o] += (float)entry.Weight * values[entry.Index];
        }
    }
}
