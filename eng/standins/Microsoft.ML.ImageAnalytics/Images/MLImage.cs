using Microsoft.ML.Data.Png;

namespace Microsoft.ML.Data;

/// <summary>An image of four bytes to a pixel. The stand-in reads and writes PNG files only.</summary>
/// <remarks>As with the real class, the colours of images that are read are multiplied by alpha.</remarks>
public sealed class MLImage : IDisposable
{
    private const int BytesPerPixel = 4;

    private readonly int _width;
    private readonly int _height;
    private readonly MLPixelFormat _pixelFormat;
    private byte[] _pixels;
    private string _tag;

    private MLImage(int width, int height, MLPixelFormat pixelFormat, byte[] pixels)
    {
        _width = width;
        _height = height;
        _pixelFormat = pixelFormat;
        _pixels = pixels;
    }

    /// <summary>The width in pixels.</summary>
    public int Width => Alive()._width;

    /// <summary>The height in pixels.</summary>
    public int Height => Alive()._height;

    /// <summary>How the bytes of a pixel are arranged.</summary>
    public MLPixelFormat PixelFormat => Alive()._pixelFormat;

    /// <summary>The number of bits to a pixel: 32.</summary>
    public int BitsPerPixel
    {
        get
        {
            Alive();
            return 8 * BytesPerPixel;
        }
    }

    /// <summary>The pixels, row by row from the top.</summary>
    /// <value>[height, width, 4]</value>
    public ReadOnlySpan<byte> Pixels => Alive()._pixels;

    /// <summary>Any text; loading sets the path.</summary>
    public string Tag
    {
        get => Alive()._tag;
        set => Alive()._tag = value;
    }

    /// <summary>Reads an image file.</summary>
    /// <exception cref="ArgumentException">The file is not there or not a PNG image that can be read.</exception>
    public static MLImage CreateFromFile(string imagePath)
    {
        ArgumentNullException.ThrowIfNull(imagePath);
        try
        {
            using FileStream stream = File.OpenRead(imagePath);
            return FromPng(PngDecoder.Decode(stream));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"Invalid path: the image '{imagePath}' cannot be read: {e.Message}", nameof(imagePath), e);
        }
    }

    /// <summary>Reads an image from a stream, which stays open.</summary>
    /// <exception cref="ArgumentException">The stream does not hold a PNG image that can be read.</exception>
    public static MLImage CreateFromStream(Stream imageStream)
    {
        ArgumentNullException.ThrowIfNull(imageStream);
        try
        {
            return FromPng(PngDecoder.Decode(imageStream));
        }
        catch (InvalidDataException e)
        {
            throw new ArgumentException($"Invalid input stream contents: {e.Message}", nameof(imageStream), e);
        }
    }

    /// <summary>Makes an image of given pixels.</summary>
    public static MLImage CreateFromPixels(int width, int height, MLPixelFormat pixelFormat, ReadOnlySpan<byte> imagePixelData)
    {
        if (pixelFormat is not (MLPixelFormat.Bgra32 or MLPixelFormat.Rgba32))
            throw new ArgumentException($"Unsupported pixel format '{pixelFormat}'.", nameof(pixelFormat));
        if (width <= 0)
            throw new ArgumentException($"Invalid width value {width}.", nameof(width));
        if (height <= 0)
            throw new ArgumentException($"Invalid height value {height}.", nameof(height));
        if (imagePixelData.Length != (long)width * height * BytesPerPixel)
        {
            throw new ArgumentException(
                $"Invalid {nameof(imagePixelData)} buffer size: an image of {width}x{height} pixels has {(long)width * height * BytesPerPixel} bytes, not {imagePixelData.Length}.");
        }
        return new MLImage(width, height, pixelFormat, imagePixelData.ToArray());
    }

    /// <summary>Writes the image to a PNG file.</summary>
    /// <exception cref="ArgumentException">The path does not end in .png.</exception>
    public void Save(string imagePath)
    {
        Alive();
        if (!string.Equals(Path.GetExtension(imagePath), ".png", StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"Path has invalid image file extension: '{imagePath}' should end in .png.", nameof(imagePath));
        using FileStream stream = File.Create(imagePath);
        PngEncoder.Encode(stream, _width, _height, AlphaBlending.ToStraightRgba(_pixels, _pixelFormat));
    }

    /// <summary>Frees the pixels. Nothing else may be done with the image afterwards.</summary>
    public void Dispose() => _pixels = null;

    internal MLImage CloneWithResizing(int width, int height, ImageResizeMode mode) =>
        new(width, height, Alive()._pixelFormat, ImageResizer.Resize(_pixels, _width, _height, width, height, mode));

    internal MLImage CloneWithGrayscale()
    {
        byte[] gray = (byte[])Alive()._pixels.Clone();
        (int red, int blue) = _pixelFormat == MLPixelFormat.Bgra32 ? (2, 0) : (0, 2);
        for (int i = 0; i < gray.Length; i += BytesPerPixel)
        {
            // ML.NET's own weights.
            float value = (0.3f * gray[i + red]) + (0.59f * gray[i + 1]) + (0.11f * gray[i + blue]);
            gray.AsSpan(i, 3).Fill((byte)Math.Min(255, MathF.Round(value)));
        }
        return new MLImage(_width, _height, _pixelFormat, gray);
    }

    private static MLImage FromPng(PngImage image)
    {
        AlphaBlending.RgbaToPremultipliedBgra(image.Pixels);
        return new MLImage(image.Width, image.Height, MLPixelFormat.Bgra32, image.Pixels);
    }

    private MLImage Alive() => _pixels != null ? this : throw new InvalidOperationException("Object is disposed.");
}
