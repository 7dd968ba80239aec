using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What a unit's least-squares problems look like: their columns, and at which pixels of every image they are sampled.</summary>
internal sealed class SampleLayout
{
    private const int LeastSamples = 8; // per unknown, that wide layers get in any case
    private const int LeastWindow = 12; // samples of an image, from which on they are taken side by side where that is faster
    private const int EnoughImages = 128; // for layers with large maps, which are the first ones, where pixels of one image are as different as those of several

    private readonly PatchColumns[][] _columns; // by group, then by layer
    private readonly int _area;
    private readonly Dictionary<(SampleWindow, int, int), IReadOnlyList<IReadOnlyList<BlockSum>>> _sums = [];

    /// <summary>Lays a unit's samples out.</summary>
    /// <param name="network">The zipped network.</param>
    /// <param name="unit">One of its units.</param>
    /// <param name="options">How many samples are wanted.</param>
    /// <param name="images">Number of calibration images.</param>
    public SampleLayout(Network network, RefitUnit unit, RefitOptions options, int images)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(unit.Target);
        Channels = shape[0];
        (Height, Width) = shape.Length == 3 ? (shape[1], shape[2]) : (1, 1);
        _area = Height * Width;
        Groups = unit.Layers[0].Groups;
        _columns = new PatchColumns[Groups][];
        for (int g = 0; g < Groups; g++)
        {
            int group = g;
            _columns[g] = [.. unit.Layers.Select(layer => new PatchColumns(layer.Node.Layer, network.ShapeOf(layer.Input), group, Groups))];
        }

        Columns = _columns[0].Sum(columns => columns.Count) + 1;
        long wanted = Math.Min((long)options.SamplesPerUnknown * Columns, Math.Max(options.LargestSample, (long)LeastSamples * Columns));
        Every = Math.Clamp(images / EnoughImages, 1, MostEvery(_area));
        int sampled = (images + Every - 1) / Every;
        PerImage = (int)Math.Clamp((wanted + sampled - 1) / sampled, 1, _area);
        if (CanTakeWindows())
        {
            WholeWindow = new SampleWindow(Height, Width, Height, Width);
            if (PerImage >= LeastWindow)
            {
                Window = SampleWindow.Of(PerImage, Height, Width);
                PerImage = Window.Height * Window.Width;
            }
        }

        Rows = (long)PerImage * sampled;
        AllPixels = [.. Enumerable.Range(0, _area)];
    }

    /// <summary>Number of groups of channels, each of which is a problem of its own.</summary>
    public int Groups { get; }

    /// <summary>Channels of all groups.</summary>
    public int Channels { get; }

    /// <summary>Number of columns of one group, the intercept included.</summary>
    public int Columns { get; }

    /// <summary>Rows of pixels of the unit's value.</summary>
    public int Height { get; }

    /// <summary>Pixels in a row of the unit's value.</summary>
    public int Width { get; }

    /// <summary>Pixels of the unit's value.</summary>
    public int Area => _area;

    /// <summary>1 if all images are sampled, 2 if every second one is and so on.</summary>
    public int Every { get; }

    /// <summary>Samples of each image that is sampled.</summary>
    public int PerImage { get; }

    /// <summary>Memory in bytes that the design matrices of all groups take for one image.</summary>
    public long BytesPerImage => Window is null
        ? (long)PerImage * PanelMatrix.CountPanels(Columns) * PanelMatrix.Width * Groups * sizeof(float)
        : WindowMatrix.BytesOf(this, Window, hasGram: true);

    /// <summary>Memory in bytes that the design matrix of all pixels takes for one image.</summary>
    public long WholeBytesPerImage => WholeWindow is null ? (long)Columns * Area * sizeof(float) : WindowMatrix.BytesOf(this, WholeWindow, hasGram: false);

    /// <summary>Samples of all images.</summary>
    public long Rows { get; }

    /// <summary>The pixels that are sampled, if they are neighbours; otherwise null.</summary>
    public SampleWindow? Window { get; }

    /// <summary>All pixels as one window, if design matrices can be made of windows; otherwise null.</summary>
    public SampleWindow? WholeWindow { get; }

    /// <summary>All pixels of an image.</summary>
    public int[] AllPixels { get; }

    /// <summary>The first column of a layer.</summary>
    public int FirstColumnOf(int layer) => _columns[0].Take(layer).Sum(columns => columns.Count);

    /// <summary>Room for what the layers see at the sampled pixels of some images.</summary>
    public DesignMatrix NewMatrix(int group, int images, BufferPool pool) =>
        Window is null ? new PatchMatrix(this, group, images, false, pool) : new WindowMatrix(this, Window, images, true, pool);

    /// <summary>Room for what the layers see at all pixels of some images; not for Gram matrices.</summary>
    public DesignMatrix NewWholeMatrix(int images, BufferPool pool) =>
        WholeWindow is null ? new PatchMatrix(this, 0, images, true, pool) : new WindowMatrix(this, WholeWindow, images, false, pool);

    /// <summary>The block of XᵀX of two layers as sums of products of their pixels.</summary>
    public IReadOnlyList<IReadOnlyList<BlockSum>> SumsOf(SampleWindow window, int row, int column)
    {
        if (!_sums.TryGetValue((window, row, column), out IReadOnlyList<IReadOnlyList<BlockSum>>? sums))
        {
            sums = window.SumsOf(
                _columns[0][row], FirstColumnOf(row) / PanelMatrix.Width, _columns[0][column], FirstColumnOf(column) / PanelMatrix.Width);
            _sums.Add((window, row, column), sums);
        }

        return sums;
    }

    /// <summary>The columns of each layer in one group.</summary>
    public IReadOnlyList<PatchColumns> ColumnsOf(int group) => _columns[group];

    /// <summary>The sampled pixels of an image: all of them, a window, or a sequence that is spread evenly and begins elsewhere in every image (golden ratio).</summary>
    public int[] PixelsOf(int image)
    {
        const double Golden = 0.6180339887498949, Silver = 0.7548776662466927;
        var pixels = new int[PerImage];
        if (Window is not null)
        {
            (int y, int x) = Window.OriginOf(image);
            for (int k = 0; k < pixels.Length; k++)
                pixels[k] = (y + k / Window.Width) * Width + x + k % Window.Width;
            return pixels;
        }

        for (int k = 0; k < pixels.Length; k++)
        {
            double position = k * Golden + image * Silver;
            pixels[k] = PerImage == _area ? k : Math.Min((int)((position - Math.Floor(position)) * _area), _area - 1);
        }

        return pixels;
    }

    /// <summary>
    /// How rarely images are sampled at most: that saves running the others through what is computed again for every layer, and larger windows have more products
    /// in common.
    /// </summary>
    private static int MostEvery(int area) => area switch { > 32 * 32 => int.MaxValue, >= 16 * 16 => 4, _ => 1 };

    /// <summary>Whether one of the layers is a convolution of 3×3 pixels with stride 1, and all have whole panels of channels.</summary>
    private bool CanTakeWindows() =>
        Groups == 1 && Channels % PanelMatrix.Width == 0 && Array.Exists(_columns[0], columns => columns.IsSame3x3)
        && Array.TrueForAll(_columns[0], columns => columns.Channels % PanelMatrix.Width == 0);
}
