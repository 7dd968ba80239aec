using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>The weights that a unit has before it is fitted, with normalization folded in: the ridge pulls to them.</summary>
internal static class PriorWeights
{
    /// <summary>
    /// Weights of one group of channels [outputs, columns], in the order of the unit's least-squares problem: for each layer [taps, channels], then the
    /// intercept.
    /// </summary>
    /// <param name="unit">The unit, in the network as the merger built it.</param>
    /// <param name="layout">The columns of its problems.</param>
    /// <param name="group">The group.</param>
    public static Matrix Of(RefitUnit unit, SampleLayout layout, int group)
    {
        int outputs = layout.Channels / layout.Groups, columns = layout.Columns;
        var weights = new Matrix(outputs, columns);
        int first = 0;
        for (int l = 0; l < unit.Layers.Count; l++)
        {
            PatchColumns own = layout.ColumnsOf(0)[l];
            (Tensor weight, Tensor? bias, ChannelAffine? norm) = unit.Layers[l].Read();
            for (int o = 0; o < outputs; o++)
            {
                int channel = group * outputs + o;
                double scale = norm?.Scale.Span[channel] ?? 1;
                for (int i = 0; i < own.Channels; i++)
                {
                    for (int t = 0; t < own.Taps; t++)
                        weights[o, first + t * own.Channels + i] = scale * weight.Span[(channel * own.Channels + i) * own.Taps + t];
                }

                weights[o, columns - 1] += scale * (bias?.Span[channel] ?? 0) + (norm?.Shift.Span[channel] ?? 0);
            }

            first += own.Count;
        }

        return weights;
    }
}
