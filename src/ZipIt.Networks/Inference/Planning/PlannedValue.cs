namespace ZipIt.Networks;

/// <summary>A value that a plan keeps in memory: a feature map, channels last, or a vector (one pixel).</summary>
internal sealed class PlannedValue(int channels, int height, int width)
{
    public int Channels { get; } = channels;

    public int Height { get; } = height;

    public int Width { get; } = width;

    public int Pixels => Height * Width;

    /// <summary>Number of floats for one image.</summary>
    public int ImageSize { get; } = checked(channels * height * width);

    /// <summary>First and last wave that need the value in memory.</summary>
    public int FirstWave { get; set; }

    /// <inheritdoc cref="FirstWave"/>
    public int LastWave { get; set; }

    /// <summary>Whether the value is read after the run: it then has memory of its own, for all images.</summary>
    public bool IsKept { get; set; }

    /// <summary>Distance from the start of its memory in floats, for a single image; for more images it is so many times as far.</summary>
    public long Offset { get; set; }
}
