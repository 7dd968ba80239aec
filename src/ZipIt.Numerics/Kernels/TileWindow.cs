namespace ZipIt.Numerics;

/// <summary>Which rows and columns of a tile lie inside the image: those from the first up to, not including, the last.</summary>
internal readonly record struct TileWindow(int FirstRow, int LastRow, int FirstColumn, int LastColumn)
{
    /// <summary>The window of a tile whose upper left pixel is (y, x).</summary>
    public static TileWindow Of(int y, int x, int extent, int height, int width) =>
        new(Math.Max(0, -y), Math.Min(extent, height - y), Math.Max(0, -x), Math.Min(extent, width - x));

    /// <summary>Whether a tile of an extent lies inside as a whole.</summary>
    public bool IsWhole(int extent) => FirstRow == 0 && LastRow == extent && FirstColumn == 0 && LastColumn == extent;

    public bool HasRow(int row) => row >= FirstRow && row < LastRow;

    public bool HasColumn(int column) => column >= FirstColumn && column < LastColumn;
}
