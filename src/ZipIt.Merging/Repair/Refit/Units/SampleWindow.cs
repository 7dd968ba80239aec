using ZipIt.Networks;
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

    /// <summary>
    /// A window of a number of pixels or somewhat more, of whole tiles where the map has them: the smallest one that is at most four times as wide as high, and
    /// of those the one that is most like a square.
    /// </summary>
    public static SampleWindow Of(int pixels, int mapHeight, int mapWidth)
    {
        const int Extent = WinogradTiles.Extent, Longest = 4;
        SampleWindow best = new(mapHeight, mapWidth, mapHeight, mapWidth);
        for (int height = Extent; height < mapHeight + Extent; height += Extent)
        {
            for (int width = height; width <= Longest * height && width < mapWidth + Extent; width += Extent)
            {
                var window = new SampleWindow(Math.Min(height, mapHeight), Math.Min(width, mapWidth), mapHeight, mapWidth);
                int size = window.Height * window.Width, bestSize = best.Height * best.Width;
                if (size >= pixels && (size < bestSize || (size == bestSize && window.Height > best.Height)))
                    best = window;
            }
        }

        return best;
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

    /// <summary>Number of pixels that a layer sees, without those that are always outside of its input.</summary>
    public int PixelsOf(PatchColumns columns)
    {
        Size2 seen = columns.SeenFrom(this).Seen;
        return seen.Height * seen.Width;
    }

    /// <summary>The pixel, among those that a layer sees, that one of its taps sees from an output of the window; −1 if it is always outside.</summary>
    public int PixelOf(PatchColumns columns, int output, int tap)
    {
        (Size2 seen, Size2 skipped) = columns.SeenFrom(this);
        (int y, int x) = columns.SeenAt(output / Width, output % Width, tap);
        (y, x) = (y - skipped.Height, x - skipped.Width);
        return (uint)y < (uint)seen.Height && (uint)x < (uint)seen.Width ? y * seen.Width + x : -1;
    }

    /// <summary>Where the pixels that a layer sees lie in its input; −1 for those that are outside.</summary>
    /// <param name="columns">The layer.</param>
    /// <param name="image">Number of the image.</param>
    public int[] PlacesOf(PatchColumns columns, int image)
    {
        (Size2 seen, Size2 skipped) = columns.SeenFrom(this);
        (int y, int x) = OriginOf(image);
        var places = new int[seen.Height * seen.Width];
        for (int pixel = 0; pixel < places.Length; pixel++)
            places[pixel] = columns.PlaceOf(y, x, pixel / seen.Width + skipped.Height, pixel % seen.Width + skipped.Width);
        return places;
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

        // Pairs of taps at which the same pixels meet get their sums one after the other.
        var first = new Dictionary<(int, int), (int, int)>();
        foreach (List<(int, int)> taps in meetings.Values)
        {
            foreach ((int, int) other in taps)
                first[FirstOf(other)] = FirstOf(taps[0]);
        }

        return [.. meetings.GroupBy(meeting => FirstOf(meeting.Value[0])).Select(list => (IReadOnlyList<BlockSum>)[.. list
            .GroupBy(meeting => string.Join(' ', meeting.Value.Order()))
            .Select(sum => new BlockSum(
                [.. sum.Select(meeting => meeting.Key)],
                [.. sum.First().Value.Order().Select(taps => (firstRow + taps.Row * rowPanels, firstColumn + taps.Column * columnPanels))]))])];

        (int, int) FirstOf((int, int) taps)
        {
            while (first.TryGetValue(taps, out (int, int) next) && next != taps)
                taps = next;
            return taps;
        }
    }

    /// <summary>The block of XᵀR of a layer, for residuals of one pixel after the other, as sums of products.</summary>
    /// <param name="rows">The layer.</param>
    /// <param name="firstRow">Its first panel of columns.</param>
    public IReadOnlyList<IReadOnlyList<BlockSum>> SumsOf(PatchColumns rows, int firstRow) =>
        [.. Enumerable.Range(0, rows.Taps).Select(tap => (IReadOnlyList<BlockSum>)[new BlockSum(
            [.. Enumerable.Range(0, Height * Width).Select(output => (PixelOf(rows, output, tap), output)).Where(pair => pair.Item1 >= 0)],
            [(firstRow + tap * (rows.Channels / PanelMatrix.Width), 0)])])];
}
