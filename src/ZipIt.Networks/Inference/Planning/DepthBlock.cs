namespace ZipIt.Networks;

/// <summary>
/// A part of the rows of a convolution's weight matrix: some taps of the kernel (row-major numbers) with some input channels. The matrix row of tap t
/// and channel c is (t − <see cref="FirstTap"/>)·<see cref="Channels"/> + c − <see cref="FirstChannel"/>.
/// </summary>
internal readonly record struct DepthBlock(int FirstTap, int Taps, int FirstChannel, int Channels)
{
    /// <summary>Number of matrix rows.</summary>
    public int Depth => Taps * Channels;

    /// <summary>
    /// Distance of the gathered pixels, in floats: a multiple of a cache line, but an odd one, so that the rows of a tile do not fall on the same lines of the cache.
    /// </summary>
    public int Stride => ((Depth + 15) / 16 | 1) * 16;

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
                int first = taps * i / count;
                int last = taps * (i + 1) / count;
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
    /// <param name="target">Receives the rows, <see cref="Stride"/> apart.</param>
    public unsafe void Gather(in ConvolutionGeometry geometry, float* input, int firstPixel, int count, float* target)
    {
        int kernelWidth = geometry.Kernel.Width;
        bool contiguous = Channels == geometry.InputChannels && geometry.Dilation.Width == 1;
        (int row, int x) = Math.DivRem(firstPixel, geometry.OutputWidth);
        (int image, int y) = Math.DivRem(row, geometry.OutputHeight);
        for (int pixel = 0; pixel < count; pixel++, target += Stride)
        {
            float* next = target;
            for (int tap = FirstTap; tap < FirstTap + Taps;)
            {
                (int ky, int kx) = Math.DivRem(tap, kernelWidth);
                int run = contiguous ? Math.Min(kernelWidth - kx, FirstTap + Taps - tap) : 1;
                int inputY = y * geometry.Stride.Height - geometry.Padding.Height + ky * geometry.Dilation.Height;
                int inputX = x * geometry.Stride.Width - geometry.Padding.Width + kx * geometry.Dilation.Width;
                CopyRun(geometry, input, image, inputY, inputX, run, next);
                next += run * Channels;
                tap += run;
            }

            if (++x < geometry.OutputWidth)
                continue;
            x = 0;
            if (++y < geometry.OutputHeight)
                continue;
            y = 0;
            image++;
        }
    }

    /// <summary>Copies neighbouring pixels of a row; those outside the image are zeros.</summary>
    private unsafe void CopyRun(in ConvolutionGeometry geometry, float* input, int image, int y, int x, int run, float* target)
    {
        int before = Math.Clamp(-x, 0, run);
        int after = Math.Clamp(x + run - geometry.InputWidth, 0, run - before);
        if ((uint)y >= (uint)geometry.InputHeight)
            (before, after) = (run, 0);
        int inside = run - before - after;
        if (before > 0)
            new Span<float>(target, before * Channels).Clear();
        if (inside > 0)
        {
            float* source = input + (((nint)image * geometry.InputHeight + y) * geometry.InputWidth + x + before) * geometry.InputChannels + FirstChannel;
            new ReadOnlySpan<float>(source, inside * Channels).CopyTo(new Span<float>(target + before * Channels, inside * Channels));
        }

        if (after > 0)
            new Span<float>(target + (before + inside) * Channels, after * Channels).Clear();
    }
}
