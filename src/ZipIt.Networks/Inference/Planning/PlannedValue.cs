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

    /// <summary>First and last wave that need the value in memory; a value that outlives the run ends at <see cref="int.MaxValue"/>.</summary>
    public int FirstWave { get; set; }

    /// <inheritdoc cref="FirstWave"/>
    public int LastWave { get; set; }

    /// <summary>Distance from the start of the buffers, in floats.</summary>
    public long Offset { get; set; }
}
