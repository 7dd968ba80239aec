using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Computes what a node of the zipped network should give from what the members give: Σₘ Mₘ·yₘ, pixel by pixel.</summary>
internal class TargetRows(NodeOrigin origin, int channels)
{
    /// <summary>The members' nodes that are needed.</summary>
    public IReadOnlyList<NodeOrigin.Source> Sources => origin.Sources;

    /// <summary>Number of values of the target.</summary>
    public int Channels => channels;

    /// <summary>Computes one target.</summary>
    /// <param name="values">For each of <see cref="Sources"/> its value at one pixel [own channels].</param>
    /// <param name="target">Receives the target [channels].</param>
    public virtual void Write(ReadOnlySpan<float[]> values, Span<float> target)
    {
        target.Clear();
        for (int s = 0; s < values.Length; s++)
        {
            float[] own = values[s];
            if (origin.Sources[s].Rows is not { } rows)
            {
                System.Numerics.Tensors.TensorPrimitives.Add<float>(target, own, target);
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
