using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Neighbouring pixels of a feature map that are sampled together: a rectangle whose place differs from image to image.</summary>
/// <param name="Height">Rows of outputs.</param>
/// <param name="Width">Columns of outputs.</param>
/// <param name="MapHeight">Rows of the feature map.</param>
/// <param name="MapWidth">Columns of the feature map.</param>
internal sealed record SampleWindow(int Height, int Width, int MapHeight, int MapWidth)
{
    private const double Golden = 0.6180339887498949, Plastic = 0.7548776662466927, PlasticSquared = 0.5698402909980532;

    // Pixels that a layer of 3×3 pixels sees; those beside a window that is as wide as the map are always outside.
    private int MarginX => Width == MapWidth ? 0 : 1;

    private int MarginY => Height == MapHeight ? 0 : 1;

    private int SeenWidth => Width + 2 * MarginX;

    /// <summary>A window of a number of pixels or somewhat more, made of whole tiles where the map has them.</summary>
    public static SampleWindow Of(int pixels, int mapHeight, int mapWidth)
    {
        const int Extent = WinogradTiles.Extent;
        int tiles = (pixels + Extent * Extent - 1) / (Extent * Extent), rows = (mapHeight + Extent - 1) / Extent, columns = (mapWidth + Extent - 1) / Extent;
        int across = Math.Clamp((int)Math.Ceiling(Math.Sqrt(tiles)), 1, columns), down = Math.Clamp((tiles + across - 1) / across, 1, rows);
        return new SampleWindow(Math.Min(down * Extent, mapHeight), Math.Min(across * Extent, mapWidth), mapHeight, mapWidth);
    }

    /// <summary>Row and column of an image's first output.</summary>
    public (int Y, int X) OriginOf(int image)
    {
        return (Place(PlasticSquared, MapHeight - Height), Place(Plastic, MapWidth - Width));

        int Place(double step, int range)
        {
            double position = image * step + Golden;
            return (int)((position - Math.Floor(position)) * (range + 1));
        }
    }

    /// <summary>Number of pixels that a layer sees, without those that are always outside of the map.</summary>
    public int PixelsOf(PatchColumns columns) => columns.Taps == 1 ? Height * Width : (Height + 2 * MarginY) * SeenWidth;

    /// <summary>The pixel, among those that a layer sees, that one of its taps sees from an output of the window; −1 if it is always outside of the map.</summary>
    public int PixelOf(PatchColumns columns, int output, int tap)
    {
        if (columns.Taps == 1)
            return output;
        int y = output / Width + tap / 3 - 1 + MarginY, x = output % Width + tap % 3 - 1 + MarginX;
        return (uint)y < (uint)(Height + 2 * MarginY) && (uint)x < (uint)SeenWidth ? y * SeenWidth + x : -1;
    }

    /// <summary>Where a pixel that a layer sees lies in its input; −1 if it is outside.</summary>
    /// <param name="columns">The layer.</param>
    /// <param name="pixel">Number of the pixel.</param>
    /// <param name="y">Row of the window's first output.</param>
    /// <param name="x">Column of the window's first output.</param>
    public int PlaceOf(PatchColumns columns, int pixel, int y, int x)
    {
        if (columns.Taps == 1)
            return columns.PlaceOf(y + pixel / Width, x + pixel % Width);
        (int row, int column) = (y + pixel / SeenWidth - MarginY, x + pixel % SeenWidth - MarginX);
        return (uint)row < (uint)MapHeight && (uint)column < (uint)MapWidth ? row * MapWidth + column : -1;
    }

    /// <summary>
    /// The block of XᵀX of two layers of a unit as sums of products of their pixels. Two pixels meet at several pairs of taps, and several pairs of pixels at
    /// the same ones: each product is computed once, and each sum once for all of its pixels.
    /// </summary>
    /// <param name="rows">The layer of the block's rows.</param>
    /// <param name="firstRow">Its first panel of columns.</param>
    /// <param name="columns">The layer of its columns: the same or an earlier one.</param>
    /// <param name="firstColumn">Its first panel of columns.</param>
    public IReadOnlyList<IReadOnlyList<BlockSum>> SumsOf(PatchColumns rows, int firstRow, PatchColumns columns, int firstColumn)
    {
        int rowPanels = rows.Channels / PanelMatrix.Width, columnPanels = columns.Channels / PanelMatrix.Width;
        var meetings = new Dictionary<(int, int), List<(int Row, int Column)>>(); // pairs of taps by pairs of pixels
        for (int output = 0; output < Height * Width; output++)
        {
            for (int row = 0; row < rows.Taps; row++)
            {
                for (int column = 0; column < (ReferenceEquals(rows, columns) ? row + 1 : columns.Taps); column++)
                {
                    (int x, int y) = (PixelOf(rows, output, row), PixelOf(columns, output, column));
                    if (x < 0 || y < 0)
                        continue;
                    if (!meetings.TryGetValue((x, y), out List<(int, int)>? taps))
                        meetings.Add((x, y), taps = []);
                    taps.Add((row, column));
                }
            }
        }

        // Pairs of taps in the same direction from each other belong to the same pairs of pixels: what has another direction goes to other tiles.
        return [.. meetings.GroupBy(meeting => DirectionOf(meeting.Value[0])).Select(direction => (IReadOnlyList<BlockSum>)[.. direction
            .GroupBy(meeting => string.Join(' ', meeting.Value.Order()))
            .Select(sum => new BlockSum(
                [.. sum.Select(meeting => meeting.Key)],
                [.. sum.First().Value.Order().Select(taps => (firstRow + taps.Row * rowPanels, firstColumn + taps.Column * columnPanels))]))])];

        (int, int) DirectionOf((int Row, int Column) taps) => (
            OffsetOf(rows, taps.Row) / 3 - OffsetOf(columns, taps.Column) / 3, OffsetOf(rows, taps.Row) % 3 - OffsetOf(columns, taps.Column) % 3);

        static int OffsetOf(PatchColumns layer, int tap) => layer.Taps == 1 ? 4 : tap;
    }
}
