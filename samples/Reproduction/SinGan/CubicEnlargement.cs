using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>
/// Enlarges images by cubic convolution (Keys 1981, eq. 8, a = −1/2), as SinGAN does between its scales; pixels behind the edge repeat the edge.
/// </summary>
internal static class CubicEnlargement
{
    private const int Taps = 4;

    /// <summary>Enlarges an image.</summary>
    /// <param name="image">The image [channels, height, width].</param>
    /// <param name="factor">Ratio of the sizes, above 1.</param>
    /// <param name="size">Size of the result in pixels; what is beyond it is cut off, at the right and below.</param>
    public static Tensor Apply(Tensor image, double factor, Size2 size)
    {
        (int channels, int height, int width) = (image[0], image[1], image[2]);
        var result = new Tensor(channels, size.Height, size.Width);
        (int First, float[] Weights)[] rows = [.. Enumerable.Range(0, size.Height).Select(y => Place(y, factor))];
        (int First, float[] Weights)[] columns = [.. Enumerable.Range(0, size.Width).Select(x => Place(x, factor))];
        var wide = new float[height * size.Width];
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<float> source = image.Span.Slice(c * height * width, height * width);
            for (int i = 0; i < wide.Length; i++)
            {
                (int first, float[] weights) = columns[i % size.Width];
                for (int tap = 0; tap < Taps; tap++)
                    wide[i] = (tap == 0 ? 0 : wide[i]) + weights[tap] * source[i / size.Width * width + Math.Clamp(first + tap, 0, width - 1)];
            }

            Span<float> target = result.Span.Slice(c * size.Height * size.Width, size.Height * size.Width);
            for (int i = 0; i < target.Length; i++)
            {
                (int first, float[] weights) = rows[i / size.Width];
                for (int tap = 0; tap < Taps; tap++)
                    target[i] += weights[tap] * wide[Math.Clamp(first + tap, 0, height - 1) * size.Width + i % size.Width];
            }
        }

        return result;
    }

    /// <summary>The pixels that a pixel of the result is made of, and their weights.</summary>
    private static (int First, float[] Weights) Place(int index, double factor)
    {
        double position = (index + 0.5) / factor - 0.5;
        int first = (int)Math.Floor(position) - 1;
        return (first, [.. Enumerable.Range(0, Taps).Select(tap => (float)Weigh(Math.Abs(position - first - tap)))]);
    }

    private static double Weigh(double distance) => distance <= 1
        ? (1.5 * distance - 2.5) * distance * distance + 1
        : ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
}
