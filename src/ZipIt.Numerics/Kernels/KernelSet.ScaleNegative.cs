using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>
/// The kernel of the parametric rectifier. A full vector holds consecutive channels of one pixel; what is left of a pixel is treated value by value, with the
/// same operations.
/// </summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ScaleNegative(float* source, float* target, nint rows, int channels, float* slopes)
    {
        int lanes = TLanes.Count;
        TVector zero = TLanes.Broadcast(0);
        for (nint row = 0; row < rows; row++, source += channels, target += channels)
        {
            int c = 0;
            for (; c + lanes <= channels; c += lanes)
            {
                TVector x = TLanes.Load(source + c);
                TLanes.Store(target + c, TLanes.SelectLess(x, zero, TLanes.Multiply(x, TLanes.Load(slopes + c)), x));
            }

            for (; c < channels; c++)
                target[c] = source[c] < 0 ? source[c] * slopes[c] : source[c];
        }
    }
}
