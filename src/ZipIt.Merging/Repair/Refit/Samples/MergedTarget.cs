namespace ZipIt.Merging;

/// <summary>What a node of the zipped network should give: Σₘ Mₘ·yₘ of what the members give, pixel by pixel.</summary>
/// <param name="origin">What the node stands for.</param>
internal sealed class MergedTarget(NodeOrigin origin)
{
    /// <summary>The members' nodes that are needed.</summary>
    public IReadOnlyList<NodeOrigin.Source> Sources => origin.Sources;

    /// <summary>Adds one source's part to the target of one pixel.</summary>
    /// <param name="source">Index of the source.</param>
    /// <param name="values">Its value [own channels].</param>
    /// <param name="target">The target [channels].</param>
    public void AddPixel(int source, ReadOnlySpan<float> values, Span<float> target)
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
