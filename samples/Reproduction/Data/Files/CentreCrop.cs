using System.Buffers;
using System.Numerics.Tensors;

namespace Reproduction.Data;

/// <summary>How an image of any size becomes a square: it is resized, and the middle is cut out.</summary>
/// <param name="Shorter">Length of its shorter side after it was resized, in pixels.</param>
/// <param name="Size">Height and width of what is cut out, at most as much.</param>
internal readonly record struct CentreCrop(int Shorter, int Size)
{
    private const int Channels = 3;
    private const int BytesPerPixel = 4;

    /// <summary>What networks for ImageNet are measured with: 224 of 256 pixels.</summary>
    public static CentreCrop ImageNet { get; } = new(256, 224);

    /// <summary>The same proportion for another size.</summary>
    /// <param name="size">Height and width of what is cut out.</param>
    public static CentreCrop Of(int size) => new(size * ImageNet.Shorter / ImageNet.Size, size);

    /// <summary>
    /// Resizes an image and cuts out its middle. Between pixels it is linear; where it gets smaller, all pixels count that a new one covers, so that nothing
    /// flickers.
    /// </summary>
    /// <param name="source">The image: red, green, blue and one more byte for each pixel, row by row.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="target">Receives the values, planar, 0–255: [3, <see cref="Size"/>, <see cref="Size"/>].</param>
    public void Apply(ReadOnlySpan<byte> source, int width, int height, Span<float> target)
    {
        double scale = (double)Math.Min(width, height) / Shorter;
        Taps columns = Taps.Create(width, Size, scale), rows = Taps.Create(height, Size, scale);
        int firstRow = rows.Starts[0], lastRow = rows.Starts[^1] + rows.Length;
        int lineLength = Channels * Size;
        float[] lines = ArrayPool<float>.Shared.Rent((lastRow - firstRow) * lineLength); // [row, channel, column]
        for (int y = firstRow; y < lastRow; y++)
            columns.Apply(source.Slice(y * width * BytesPerPixel, width * BytesPerPixel), lines.AsSpan((y - firstRow) * lineLength, lineLength));

        target = target[..(Channels * Size * Size)];
        target.Clear();
        for (int y = 0; y < Size; y++)
        {
            for (int tap = 0; tap < rows.Length; tap++)
            {
                ReadOnlySpan<float> line = lines.AsSpan((rows.Starts[y] + tap - firstRow) * lineLength, lineLength);
                for (int channel = 0; channel < Channels; channel++)
                {
                    Span<float> sum = target.Slice((channel * Size + y) * Size, Size);
                    TensorPrimitives.MultiplyAdd(line.Slice(channel * Size, Size), rows.Weights[y * rows.Length + tap], sum, sum);
                }
            }
        }

        ArrayPool<float>.Shared.Return(lines);
    }

    /// <summary>What each new pixel of a line is made of: neighbours in the old line, and their weights.</summary>
    private sealed record Taps(int[] Starts, float[] Weights, int Length)
    {
        public static Taps Create(int oldLength, int newLength, double scale)
        {
            double reach = Math.Max(scale, 1);
            int length = Math.Min((int)Math.Ceiling(2 * reach) + 1, oldLength);
            var starts = new int[newLength];
            var weights = new float[newLength * length];
            for (int i = 0; i < newLength; i++)
            {
                double centre = oldLength / 2.0 + (i + 0.5 - newLength / 2.0) * scale;
                starts[i] = Math.Clamp((int)Math.Floor(centre - reach), 0, oldLength - length);
                Span<float> own = weights.AsSpan(i * length, length);
                for (int tap = 0; tap < length; tap++)
                    own[tap] = (float)Math.Max(0, 1 - Math.Abs(starts[i] + tap + 0.5 - centre) / reach);
                TensorPrimitives.Divide(own, TensorPrimitives.Sum(own), own);
            }

            return new Taps(starts, weights, length);
        }

        public void Apply(ReadOnlySpan<byte> line, Span<float> target)
        {
            int size = Starts.Length;
            for (int i = 0; i < size; i++)
            {
                float red = 0, green = 0, blue = 0;
                for (int tap = 0, at = Starts[i] * BytesPerPixel; tap < Length; tap++, at += BytesPerPixel)
                {
                    float weight = Weights[i * Length + tap];
                    red += weight * line[at];
                    green += weight * line[at + 1];
                    blue += weight * line[at + 2];
                }

                (target[i], target[size + i], target[2 * size + i]) = (red, green, blue);
            }
        }
    }
}
