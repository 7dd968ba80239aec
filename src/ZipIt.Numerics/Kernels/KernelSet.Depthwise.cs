using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>
/// Convolutions in which each channel sees itself only. Lane i of every vector is channel c + i; several windows of a row share the weights that are read for a tap.
/// </summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    public override void Convolve(in ChannelWindows windows, float* target, float* residual, PostOperation operation)
    {
        Bounds bounds = Bounds.Of(operation);
        float* added = bounds.AreAll ? residual : null;
        int lanes = TLanes.Count;
        int whole = windows.Channels / lanes * lanes;
        int first = 0;
        for (; first + 8 <= windows.Count; first += 8)
            Convolve<Windows8>(windows, first, whole, target, added, bounds);
        for (; first + 4 <= windows.Count; first += 4)
            Convolve<Windows4>(windows, first, whole, target, added, bounds);
        for (; first < windows.Count; first++)
            Convolve<Windows1>(windows, first, whole, target, added, bounds);
        if (whole < windows.Channels)
            ConvolveRest(windows, whole, target, added, bounds.AreAll ? operation : PostOperation.None);
        if (!bounds.AreAll)
            Finish(target, residual, (nint)windows.Count * windows.Channels, operation);
    }

    /// <summary>Sums of some neighbouring windows: lane i of s<c>n</c> is window n, channel c + i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convolve<TCount>(in ChannelWindows windows, int first, int whole, float* target, float* residual, in Bounds bounds)
        where TCount : struct, IWindowCount
    {
        int lanes = TLanes.Count;
        int taps = windows.Columns;
        nint channels = windows.Channels;
        nint step = windows.WindowStride;
        nint step3 = 3 * step;
        nint tapStride = windows.TapStride;
        nint rowEnd = windows.RowStride - taps * tapStride;
        nint weightRowEnd = windows.WeightRowStride - taps * channels;
        float* source = windows.Source + first * step;
        float* output = target + first * channels;
        float* other = residual is null ? null : residual + first * channels;
        TVector lower = TLanes.Broadcast(bounds.Lower);
        TVector upper = TLanes.Broadcast(bounds.Upper);
        for (int c = 0; c < whole; c += lanes)
        {
            TVector s0 = TLanes.Load(windows.Bias + c);
            TVector s1 = s0;
            TVector s2 = s0;
            TVector s3 = s0;
            TVector s4 = s0;
            TVector s5 = s0;
            TVector s6 = s0;
            TVector s7 = s0;
            float* tap = source + c;
            float* weight = windows.Weights + c;
            for (int row = windows.Rows; row > 0; row--)
            {
                for (int column = taps; column > 0; column--)
                {
                    TVector factor = TLanes.Load(weight);
                    s0 = TLanes.MultiplyAdd(TLanes.Load(tap), factor, s0);
                    if (TCount.Windows > 1)
                    {
                        s1 = TLanes.MultiplyAdd(TLanes.Load(tap + step), factor, s1);
                        s2 = TLanes.MultiplyAdd(TLanes.Load(tap + 2 * step), factor, s2);
                        float* third = tap + step3;
                        s3 = TLanes.MultiplyAdd(TLanes.Load(third), factor, s3);
                        if (TCount.Windows > 4)
                        {
                            s4 = TLanes.MultiplyAdd(TLanes.Load(third + step), factor, s4);
                            s5 = TLanes.MultiplyAdd(TLanes.Load(third + 2 * step), factor, s5);
                            float* sixth = third + step3;
                            s6 = TLanes.MultiplyAdd(TLanes.Load(sixth), factor, s6);
                            s7 = TLanes.MultiplyAdd(TLanes.Load(sixth + step), factor, s7);
                        }
                    }

                    tap += tapStride;
                    weight += channels;
                }

                tap += rowEnd;
                weight += weightRowEnd;
            }

            if (other is null)
            {
                Bounded.Store(s0, output, other, c, lower, upper);
                if (TCount.Windows > 1)
                {
                    Bounded.Store(s1, output, other, 1 * channels + c, lower, upper);
                    Bounded.Store(s2, output, other, 2 * channels + c, lower, upper);
                    Bounded.Store(s3, output, other, 3 * channels + c, lower, upper);
                }

                if (TCount.Windows > 4)
                {
                    Bounded.Store(s4, output, other, 4 * channels + c, lower, upper);
                    Bounded.Store(s5, output, other, 5 * channels + c, lower, upper);
                    Bounded.Store(s6, output, other, 6 * channels + c, lower, upper);
                    Bounded.Store(s7, output, other, 7 * channels + c, lower, upper);
                }
            }
            else
            {
                AddBounded.Store(s0, output, other, c, lower, upper);
                if (TCount.Windows > 1)
                {
                    AddBounded.Store(s1, output, other, 1 * channels + c, lower, upper);
                    AddBounded.Store(s2, output, other, 2 * channels + c, lower, upper);
                    AddBounded.Store(s3, output, other, 3 * channels + c, lower, upper);
                }

                if (TCount.Windows > 4)
                {
                    AddBounded.Store(s4, output, other, 4 * channels + c, lower, upper);
                    AddBounded.Store(s5, output, other, 5 * channels + c, lower, upper);
                    AddBounded.Store(s6, output, other, 6 * channels + c, lower, upper);
                    AddBounded.Store(s7, output, other, 7 * channels + c, lower, upper);
                }
            }
        }
    }

    /// <summary>The channels that do not fill a vector, one at a time.</summary>
    private void ConvolveRest(in ChannelWindows windows, int whole, float* target, float* residual, PostOperation operation)
    {
        for (int n = 0; n < windows.Count; n++)
        {
            nint offset = (nint)n * windows.Channels + whole;
            for (int c = whole; c < windows.Channels; c++)
            {
                float sum = windows.Bias[c];
                for (int row = 0; row < windows.Rows; row++)
                {
                    float* tap = windows.Source + n * windows.WindowStride + row * windows.RowStride + c;
                    float* weight = windows.Weights + row * windows.WeightRowStride + c;
                    for (nint column = 0; column < windows.Columns; column++)
                        sum = float.MultiplyAddEstimate(tap[column * windows.TapStride], weight[column * windows.Channels], sum);
                }

                target[offset + c - whole] = sum;
            }

            Finish(target + offset, residual is null ? null : residual + offset, windows.Channels - whole, operation);
        }
    }

    /// <summary>How many windows are computed together; known to the compiler, which leaves out the others.</summary>
    private interface IWindowCount
    {
        static abstract int Windows { get; }
    }

    private readonly struct Windows1 : IWindowCount
    {
        public static int Windows => 1;
    }

    private readonly struct Windows4 : IWindowCount
    {
        public static int Windows => 4;
    }

    private readonly struct Windows8 : IWindowCount
    {
        public static int Windows => 8;
    }
}
