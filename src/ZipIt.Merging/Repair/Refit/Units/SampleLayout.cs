using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What a unit's least-squares problems look like: their columns, and at which pixels of every image they are sampled.</summary>
internal sealed class SampleLayout
{
    private const int LeastSamples = 8; // per unknown, that wide layers get in any case

    private readonly PatchColumns[][] _columns; // by group, then by layer
    private readonly int _area;

    /// <summary>Lays a unit's samples out.</summary>
    /// <param name="network">The zipped network.</param>
    /// <param name="unit">One of its units.</param>
    /// <param name="options">How many samples are wanted.</param>
    /// <param name="images">Number of calibration images.</param>
    public SampleLayout(Network network, RefitUnit unit, RefitOptions options, int images)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(unit.Target);
        Channels = shape[0];
        (int height, Width) = shape.Length == 3 ? (shape[1], shape[2]) : (1, 1);
        _area = height * Width;
        Groups = unit.Layers[0].Groups;
        _columns = new PatchColumns[Groups][];
        for (int g = 0; g < Groups; g++)
        {
            int group = g;
            _columns[g] = [.. unit.Layers.Select(layer => new PatchColumns(layer.Node.Layer, network.ShapeOf(layer.Input), group, Groups))];
        }

        Columns = _columns[0].Sum(columns => columns.Count) + 1;
        long wanted = Math.Min((long)options.SamplesPerUnknown * Columns, Math.Max(options.LargestSample, (long)LeastSamples * Columns));
        PerImage = (int)Math.Clamp((wanted + images - 1) / images, 1, _area);
        Rows = (long)PerImage * images;
    }

    /// <summary>Number of groups of channels, each of which is a problem of its own.</summary>
    public int Groups { get; }

    /// <summary>Channels of all groups.</summary>
    public int Channels { get; }

    /// <summary>Number of columns of one group, the intercept included.</summary>
    public int Columns { get; }

    /// <summary>Pixels in a row of the unit's value.</summary>
    public int Width { get; }

    /// <summary>Pixels of the unit's value.</summary>
    public int Area => _area;

    /// <summary>Samples of each image.</summary>
    public int PerImage { get; }

    /// <summary>Samples of all images.</summary>
    public long Rows { get; }

    /// <summary>The columns of each layer in one group.</summary>
    public IReadOnlyList<PatchColumns> ColumnsOf(int group) => _columns[group];

    /// <summary>The sampled pixels of an image: all of them, or a sequence that is spread evenly and begins elsewhere in every image (golden ratio).</summary>
    public int[] PixelsOf(int image)
    {
        const double Golden = 0.6180339887498949, Silver = 0.7548776662466927;
        var pixels = new int[PerImage];
        for (int k = 0; k < pixels.Length; k++)
        {
            double position = k * Golden + image * Silver;
            pixels[k] = PerImage == _area ? k : Math.Min((int)((position - Math.Floor(position)) * _area), _area - 1);
        }

        return pixels;
    }
}
