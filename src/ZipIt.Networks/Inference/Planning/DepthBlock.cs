using System.Diagnostics;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// A part of the rows of a convolution's weight matrix: some taps of the kernel (row-major numbers) with some input channels. The matrix row of tap t
/// and channel c is (t − <see cref="FirstTap"/>)·<see cref="Channels"/> + c − <see cref="FirstChannel"/>.
/// </summary>
internal readonly record struct DepthBlock(int FirstTap, int Taps, int FirstChannel, int Channels)
{
    private const int CacheLine = AlignedBuffer.Alignment / sizeof(float);

    /// <summary>Number of matrix rows.</summary>
    public int Depth => Taps * Channels;

    /// <summary>
    /// Distance of the gathered pixels, in floats: room for <see cref="Depth"/> and for what <see cref="KernelSet.CopyWindows"/> writes behind it; an odd
    /// number of cache lines, so that the rows of a tile do not fall on the same lines of the cache.
    /// </summary>
    public int Stride => ((Depth + 2 * CacheLine - 2) / CacheLine | 1) * CacheLine;

    /// <summary>Splits a convolution into blocks of at most a given depth.</summary>
    public static DepthBlock[] Split(in ConvolutionGeometry geometry, int mostDepth)
    {
        int taps = geometry.Kernel.Height * geometry.Kernel.Width;
        int channels = geometry.GroupInputs;
        var blocks = new List<DepthBlock>();
        if (channels > mostDepth)
        {
            int parts = (channels + mostDepth - 1) / mostDepth;
            for (int tap = 0; tap < taps; tap++)
            {
                for (int part = 0; part < parts; part++)
                {
                    int first = (int)((long)channels * part / parts);
                    blocks.Add(new DepthBlock(tap, 1, first, (int)((long)channels * (part + 1) / parts) - first));
                }
            }
        }
        else
        {
            int count = (taps * channels + mostDepth - 1) / mostDepth;
            for (int i = 0; i < count; i++)
            {
                int first = (int)((long)taps * i / count);
                int last = (int)((long)taps * (i + 1) / count);
                if (last > first)
                    blocks.Add(new DepthBlock(first, last - first, 0, channels));
            }
        }

        return [.. blocks];
    }

    /// <summary>Writes what the taps see at some output pixels [pixels, taps, channels], with zeros outside the image.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="input">The input, at the group's first channel.</param>
    /// <param name="firstPixel">First output pixel, counted over all images.</param>
    /// <param name="count">Number of output pixels.</param>
    /// <param name="target">Receives the pixels, <see cref="Stride"/> apart.</param>
    /// <param name="kernels">The kernels.</param>
    public unsafe void Gather(in ConvolutionGeometry geometry, float* input, int firstPixel, int count, float* target, KernelSet kernels)
    {
        // Taps that are neighbours in the input are copied at once. Runs are written in ascending order, because a copy may write beyond its end.
        bool contiguous = Channels == geometry.InputChannels && geometry.Dilation.Width == 1;
        for (int tap = FirstTap; tap < FirstTap + Taps;)
        {
            (int ky, int kx) = Math.DivRem(tap, geometry.Kernel.Width);
            int run = contiguous ? Math.Min(geometry.Kernel.Width - kx, FirstTap + Taps - tap) : 1;
            GatherRun(geometry, input, ky, kx, run, firstPixel, count, target + (tap - FirstTap) * Channels, kernels);
            tap += run;
        }
    }

    private unsafe void GatherRun(
        in ConvolutionGeometry geometry, float* input, int ky, int kx, int run, int firstPixel, int count, float* target, KernelSet kernels)
    {
        (int row, int x) = Math.DivRem(firstPixel, geometry.OutputWidth);
        (int image, int y) = Math.DivRem(row, geometry.OutputHeight);
        int shift = kx * geometry.Dilation.Width - geometry.Padding.Width;
        int firstInside = Math.Clamp((geometry.Stride.Width - 1 - shift) / geometry.Stride.Width, 0, geometry.OutputWidth);
        int room = geometry.InputWidth - run - shift;
        int lastInside = room < 0 ? firstInside : Math.Clamp(room / geometry.Stride.Width + 1, firstInside, geometry.OutputWidth);
        while (count > 0)
        {
            int end = Math.Min(geometry.OutputWidth, x + count);
            count -= end - x;
            int inputY = y * geometry.Stride.Height - geometry.Padding.Height + ky * geometry.Dilation.Height;
            bool visible = (uint)inputY < (uint)geometry.InputHeight;
            float* line = input + ((nint)image * geometry.InputHeight + inputY) * geometry.InputWidth * geometry.InputChannels + FirstChannel;
            while (x < end)
            {
                int inputX = x * geometry.Stride.Width + shift;
                int pixels = 1;
                if (visible && x >= firstInside && x < lastInside)
                {
                    pixels = Math.Min(end, lastInside) - x;
                    Debug.Assert(inputX >= 0 && inputX + (pixels - 1) * geometry.Stride.Width + run <= geometry.InputWidth, "A window reads beyond its row.");
                    float* source = line + (nint)inputX * geometry.InputChannels;
                    kernels.CopyWindows(source, (nint)geometry.Stride.Width * geometry.InputChannels, target, Stride, pixels, run * Channels);
                }
                else
                {
                    CopyCutRun(geometry, line, inputX, visible ? run : 0, run, target);
                }

                x += pixels;
                target += (nint)pixels * Stride;
            }

            x = 0;
            if (++y < geometry.OutputHeight)
                continue;
            y = 0;
            image++;
        }
    }

    /// <summary>Copies neighbouring pixels of a row; those outside the image are zeros.</summary>
    private unsafe void CopyCutRun(in ConvolutionGeometry geometry, float* line, int x, int visible, int run, float* target)
    {
        new Span<float>(target, run * Channels).Clear();
        for (int i = 0; i < visible; i++)
        {
            if ((uint)(x + i) < (uint)geometry.InputWidth)
                new ReadOnlySpan<float>(line + (nint)(x + i) * geometry.InputChannels, Channels).CopyTo(new Span<float>(target + i * Channels, Channels));
        }
    }
}
