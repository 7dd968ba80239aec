namespace ZipIt.Numerics;

/// <summary>
/// Windows of feature maps as convolutions of 3×3 pixels with stride 1 multiply them in Winograd's F(4×4, 3×3) (Lavin and Gray 2016, arXiv 1509.09308, section 4):
/// each window is covered with tiles of 4×4 outputs, and each tile is transformed into 36 positions. Convolutions, and gradients of their weights, are then
/// 36 matrix products with a quarter of the multiplications.
/// </summary>
internal sealed unsafe class WinogradTiles
{
    /// <summary>Positions of a tile: 6×6.</summary>
    public const int Positions = 36;

    /// <summary>Rows and columns of outputs of a tile.</summary>
    public const int Extent = 4;

    private readonly KernelSet _kernels;

    /// <summary>Lays windows out in memory with any content, at least <see cref="SizeOf"/> floats.</summary>
    /// <param name="count">Number of windows.</param>
    /// <param name="height">Rows of outputs of a window.</param>
    /// <param name="width">Columns of outputs of a window.</param>
    /// <param name="channels">Number of channels, a multiple of <see cref="PanelMatrix.Width"/>.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public WinogradTiles(int count, int height, int width, int channels, AlignedBuffer memory, KernelSet? kernels = null)
    {
        if (channels % PanelMatrix.Width != 0)
            throw new ArgumentOutOfRangeException(nameof(channels), channels, $"Expected a multiple of {PanelMatrix.Width} channels.");
        (Count, Height, Width, _kernels) = (count, height, width, kernels ?? KernelSet.Best);
        Values = new PanelMatrix(RowsOf(count, height, width), channels, memory);
    }

    /// <summary>Number of windows.</summary>
    public int Count { get; }

    /// <summary>Rows of outputs of a window.</summary>
    public int Height { get; }

    /// <summary>Columns of outputs of a window.</summary>
    public int Width { get; }

    /// <summary>Tiles of a window.</summary>
    public int TilesPerWindow => TilesOf(Height, Width);

    /// <summary>Tiles of all windows.</summary>
    public int TileCount => Count * TilesPerWindow;

    /// <summary>The transformed tiles [positions, windows, tiles of a window; channels].</summary>
    public PanelMatrix Values { get; }

    /// <summary>Number of floats that windows take.</summary>
    public static int SizeOf(int count, int height, int width, int channels) => PanelMatrix.SizeOf(RowsOf(count, height, width), channels);

    /// <summary>Takes what the outputs of a window see.</summary>
    /// <param name="window">Number of the window.</param>
    /// <param name="map">Feature map [height, width, channels].</param>
    /// <param name="mapWidth">Its width.</param>
    /// <param name="y">Row of the window's first output; the map is taken as surrounded by zeros.</param>
    /// <param name="x">Column of the window's first output.</param>
    public void SetInputs(int window, ReadOnlySpan<float> map, int mapWidth, int y, int x)
    {
        int channels = Values.Columns, mapHeight = map.Length / (mapWidth * channels);
        fixed (float* pointer = map)
        {
            for (int tile = 0; tile < TilesPerWindow; tile++)
            {
                (int tileY, int tileX) = PlaceOf(tile);
                (tileY, tileX) = (tileY + y - 1, tileX + x - 1);
                TileWindow inside = TileWindow.Of(tileY, tileX, Extent + 2, mapHeight, mapWidth);
                for (int panel = 0; panel < Values.PanelCount; panel++)
                {
                    _kernels.TransformInput(
                        Extent, pointer + ((nint)tileY * mapWidth + tileX) * channels + panel * PanelMatrix.Width, (nint)mapWidth * channels, channels,
                        PanelMatrix.Width, inside, TargetOf(panel, window, tile), (nint)TileCount * PanelMatrix.Width);
                }
            }
        }
    }

    /// <summary>Takes values at the outputs of a window, for gradients of weights.</summary>
    /// <param name="window">Number of the window.</param>
    /// <param name="values">Values [height, width, channels].</param>
    public void SetOutputs(int window, ReadOnlySpan<float> values)
    {
        int channels = Values.Columns;
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Height * Width * channels, nameof(values));
        fixed (float* pointer = values)
        {
            for (int tile = 0; tile < TilesPerWindow; tile++)
            {
                (int tileY, int tileX) = PlaceOf(tile);
                for (int panel = 0; panel < Values.PanelCount; panel++)
                {
                    _kernels.SpreadOutput(
                        pointer + ((nint)tileY * Width + tileX) * channels + panel * PanelMatrix.Width, (nint)Width * channels, channels, PanelMatrix.Width,
                        InsideOf(tile), TargetOf(panel, window, tile), (nint)TileCount * PanelMatrix.Width);
                }
            }
        }
    }

    /// <summary>Row and column of a tile's first output in its window.</summary>
    public (int Y, int X) PlaceOf(int tile)
    {
        (int y, int x) = Math.DivRem(tile, (Width + Extent - 1) / Extent);
        return (y * Extent, x * Extent);
    }

    /// <summary>The outputs of a tile that belong to its window.</summary>
    public TileWindow InsideOf(int tile)
    {
        (int y, int x) = PlaceOf(tile);
        return TileWindow.Of(y, x, Extent, Height, Width);
    }

    private static int TilesOf(int height, int width) => (height + Extent - 1) / Extent * ((width + Extent - 1) / Extent);

    private static int RowsOf(int count, int height, int width) => checked(Positions * count * TilesOf(height, width));

    private float* TargetOf(int panel, int window, int tile) => Values.Panel(panel) + ((nint)window * TilesPerWindow + tile) * PanelMatrix.Width;
}
