namespace Microsoft.ML.Data;

/// <summary>Fits images into other sizes.</summary>
/// <remarks>
/// Placement is ML.NET's. Fill takes the nearest pixel, as ML.NET does; the other modes average with a triangle whose width is that of a target
/// pixel in the source, or of a source pixel if the image grows: bilinear interpolation upwards, an area filter downwards.
/// </remarks>
internal static class ImageResizer
{
    private const int Channels = 4;

    /// <summary>The resized pixels.</summary>
    public static byte[] Resize(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, int width, int height, ImageResizeMode mode)
    {
        if (mode == ImageResizeMode.Fill)
            return TakeNearest(source, sourceWidth, sourceHeight, width, height);
        (int left, int top, int placedWidth, int placedHeight) = Place(sourceWidth, sourceHeight, width, height, mode);
        Weights[] columns = MakeWeights(sourceWidth, width, left, placedWidth);
        Weights[] rows = MakeWeights(sourceHeight, height, top, placedHeight);

        // Columns first, for those source rows that any target row needs: [sourceHeight, width, 4].
        var narrowed = new float[(long)sourceHeight * width * Channels];
        for (int y = 0; y < sourceHeight; y++)
        {
            ReadOnlySpan<byte> line = source.Slice(y * sourceWidth * Channels, sourceWidth * Channels);
            for (int x = 0; x < width; x++)
            {
                Span<float> sum = narrowed.AsSpan(((y * width) + x) * Channels, Channels);
                for (int i = 0; i < columns[x].Values.Length; i++)
                {
                    float weight = columns[x].Values[i];
                    ReadOnlySpan<byte> pixel = line.Slice((columns[x].First + i) * Channels, Channels);
                    for (int c = 0; c < Channels; c++)
                        sum[c] += weight * pixel[c];
                }
            }
        }

        var target = new byte[width * height * Channels];
        Span<float> total = stackalloc float[Channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Span<byte> pixel = target.AsSpan(((y * width) + x) * Channels, Channels);
                if (rows[y].Values.Length == 0 || columns[x].Values.Length == 0)
                {
                    // Outside the placed image the target is opaque black.
                    pixel[Channels - 1] = 255;
                    continue;
                }
                total.Clear();
                for (int i = 0; i < rows[y].Values.Length; i++)
                {
                    ReadOnlySpan<float> part = narrowed.AsSpan((((rows[y].First + i) * width) + x) * Channels, Channels);
                    for (int c = 0; c < Channels; c++)
                        total[c] += rows[y].Values[i] * part[c];
                }
                for (int c = 0; c < Channels; c++)
                    pixel[c] = (byte)Math.Clamp(MathF.Round(total[c]), 0, 255);
            }
        }
        return target;
    }

    private static byte[] TakeNearest(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, int width, int height)
    {
        var target = new byte[width * height * Channels];
        for (int y = 0; y < height; y++)
        {
            int sourceY = (int)(((2L * y) + 1) * sourceHeight / (2L * height));
            for (int x = 0; x < width; x++)
            {
                int sourceX = (int)(((2L * x) + 1) * sourceWidth / (2L * width));
                source.Slice(((sourceY * sourceWidth) + sourceX) * Channels, Channels).CopyTo(target.AsSpan(((y * width) + x) * Channels));
            }
        }
        return target;
    }

    // Where the scaled image lies in the target; it reaches beyond it if it is cropped.
    private static (int Left, int Top, int Width, int Height) Place(int sourceWidth, int sourceHeight, int width, int height, ImageResizeMode mode)
    {
        float widthScale = (float)width / sourceWidth;
        float heightScale = (float)height / sourceHeight;
        bool pad = mode == ImageResizeMode.Pad;
        float scale = pad == (heightScale < widthScale) ? heightScale : widthScale;
        float spareWidth = width - (sourceWidth * scale);
        float spareHeight = height - (sourceHeight * scale);

        // One of the two spares is zero; an anchor acts only in the direction in which there is something to crop.
        bool horizontal = heightScale < widthScale ? pad : !pad;
        int left = !horizontal ? 0 : (int)(spareWidth * (mode switch
        {
            ImageResizeMode.CropAnchorLeft => 0f,
            ImageResizeMode.CropAnchorRight => 1f,
            _ => 0.5f,
        }));
        int top = horizontal ? 0 : (int)(spareHeight * (mode switch
        {
            ImageResizeMode.CropAnchorTop => 0f,
            ImageResizeMode.CropAnchorBottom => 1f,
            _ => 0.5f,
        }));
        return (left, top, (int)(sourceWidth * scale), (int)(sourceHeight * scale));
    }

    // For each target position, the source positions that it averages; none outside the placed stretch.
    private static Weights[] MakeWeights(int sourceSize, int targetSize, int start, int placedSize)
    {
        var weights = new Weights[targetSize];
        double step = placedSize > 0 ? (double)sourceSize / placedSize : 0;
        double radius = Math.Max(step, 1);
        for (int target = 0; target < targetSize; target++)
        {
            if (target < start || target >= start + placedSize)
            {
                weights[target] = new Weights(0, []);
                continue;
            }
            double center = ((target - start + 0.5) * step) - 0.5;
            int first = Math.Max(0, (int)Math.Ceiling(center - radius));
            int last = Math.Min(sourceSize - 1, (int)Math.Floor(center + radius));
            var values = new float[last - first + 1];
            double sum = 0;
            for (int i = 0; i < values.Length; i++)
            {
                double value = Math.Max(0, 1 - (Math.Abs(first + i - center) / radius));
                values[i] = (float)value;
                sum += value;
            }
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(values[i] / sum);
            weights[target] = new Weights(first, values);
        }
        return weights;
    }

    private readonly record struct Weights(int First, float[] Values);
}
