using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>The weights that a unit has in the zipped network, in the order of its least-squares problem, with normalization folded in.</summary>
internal static class ZipWeights
{
    /// <summary>Weights of one group of channels [outputs, columns]: for each layer [taps, channels], then the intercept.</summary>
    public static Matrix Of(RefitUnit unit, Func<RefitUnit.Member, PatchColumns> columnsOf, int columns, int group, int outputs)
    {
        var weights = new Matrix(outputs, columns);
        int first = 0;
        foreach (RefitUnit.Member layer in unit.Layers)
        {
            PatchColumns own = columnsOf(layer);
            (Tensor weight, Tensor? bias) = layer.Node.Layer switch
            {
                Conv2d conv => (conv.Weight, conv.Bias),
                Linear linear => (linear.Weight, linear.Bias),
                BatchNorm2d norm => norm.ToAffine(),
                ChannelAffine affine => (affine.Scale, affine.Shift),
                _ => throw new InvalidOperationException($"A {layer.Node.Layer.Kind} has no weights to fit."),
            };
            (Tensor Scale, Tensor Shift)? affineOfNorm = layer.Norm?.ToAffine();
            for (int o = 0; o < outputs; o++)
            {
                int channel = group * outputs + o;
                double scale = affineOfNorm?.Scale.Span[channel] ?? 1;
                for (int i = 0; i < own.Channels; i++)
                {
                    for (int t = 0; t < own.Taps; t++)
                        weights[o, first + t * own.Channels + i] = scale * weight.Span[(channel * own.Channels + i) * own.Taps + t];
                }

                weights[o, columns - 1] += scale * (bias?.Span[channel] ?? 0) + (affineOfNorm?.Shift.Span[channel] ?? 0);
            }

            first += own.Count;
        }

        return weights;
    }
}
