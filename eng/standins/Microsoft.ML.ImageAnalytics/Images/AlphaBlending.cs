namespace Microsoft.ML.Data;

/// <summary>Converts between straight colours and colours multiplied by alpha.</summary>
internal static class AlphaBlending
{
    /// <summary>Turns straight RGBA pixels into BGRA pixels multiplied by alpha, in place.</summary>
    public static void RgbaToPremultipliedBgra(Span<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            byte red = pixels[i];
            byte blue = pixels[i + 2];
            if (alpha == 255)
            {
                pixels[i] = blue;
                pixels[i + 2] = red;
                continue;
            }
            pixels[i] = Multiply(blue, alpha);
            pixels[i + 1] = Multiply(pixels[i + 1], alpha);
            pixels[i + 2] = Multiply(red, alpha);
        }
    }

    /// <summary>Copies pixels that are multiplied by alpha to straight RGBA ones.</summary>
    public static byte[] ToStraightRgba(ReadOnlySpan<byte> pixels, MLPixelFormat format)
    {
        (int red, int blue) = format == MLPixelFormat.Bgra32 ? (2, 0) : (0, 2);
        var straight = new byte[pixels.Length];
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            straight[i] = Divide(pixels[i + red], alpha);
            straight[i + 1] = Divide(pixels[i + 1], alpha);
            straight[i + 2] = Divide(pixels[i + blue], alpha);
            straight[i + 3] = (byte)alpha;
        }
        return straight;
    }

    // value * alpha / 255, rounded to nearest.
    private static byte Multiply(int value, int alpha)
    {
        int product = (value * alpha) + 128;
        return (byte)((product + (product >> 8)) >> 8);
    }

    private static byte Divide(int value, int alpha) => alpha switch
    {
        255 => (byte)value,
        0 => 0,
        _ => (byte)Math.Min(255, ((value * 255) + (alpha / 2)) / alpha),
    };
}
