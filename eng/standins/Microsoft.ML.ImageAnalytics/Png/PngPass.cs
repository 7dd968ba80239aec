namespace Microsoft.ML.Data.Png;

/// <summary>A grid of the pixels that are stored together: the whole image, or one of the seven passes of Adam7 interlacing.</summary>
internal readonly record struct PngPass(int Left, int Top, int ColumnStep, int RowStep, int Width, int Height)
{
    private static readonly (int Left, int Top, int ColumnStep, int RowStep)[] Adam7 =
    [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ];

    /// <summary>The passes of an image, in the order in which they are stored.</summary>
    public static PngPass[] Of(PngHeader header)
    {
        if (!header.IsInterlaced)
            return [new PngPass(0, 0, 1, 1, header.Width, header.Height)];
        PngPass Sized((int Left, int Top, int ColumnStep, int RowStep) grid) => new(
            grid.Left, grid.Top, grid.ColumnStep, grid.RowStep, Count(header.Width, grid.Left, grid.ColumnStep), Count(header.Height, grid.Top, grid.RowStep));

        // A pass without columns has no rows either: not even their filter bytes are stored.
        return [.. Adam7.Select(Sized).Select(pass => pass.Width == 0 ? pass with { Height = 0 } : pass)];
    }

    private static int Count(int size, int start, int step) => size <= start ? 0 : ((size - start - 1) / step) + 1;
}
