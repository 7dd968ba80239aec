namespace ZipIt.Numerics;

/// <summary>
/// The lower triangle of a symmetric matrix of doubles, in square tiles that lie one after the other: (0,0), (1,0), (1,1), (2,0) …, each row after row. What a
/// tile on the diagonal holds above it, and what the last tiles hold beyond the matrix, has no meaning.
/// </summary>
/// <param name="size">Number of rows and columns.</param>
/// <param name="memory">Memory for <see cref="CountValues"/> doubles, with the values of the matrix.</param>
internal sealed class SymmetricTiles(int size, AlignedBuffer memory)
{
    /// <summary>Rows and columns of a tile: a panel of a <see cref="PanelMatrix"/>.</summary>
    public const int Width = PanelMatrix.Width;

    /// <summary>A matrix of zeros in memory of its own.</summary>
    public SymmetricTiles(int size)
        : this(size, AlignedBuffer.Zeros(checked(2 * CountValues(size))))
    {
    }

    /// <summary>Number of rows and columns.</summary>
    public int Size { get; } = size;

    /// <summary>All tiles.</summary>
    public Span<double> Values => memory.Doubles[..CountValues(Size)];

    /// <summary>One value; <paramref name="column"/> must not be larger than <paramref name="row"/>.</summary>
    public double this[int row, int column] => Slice(row, column / Width)[column % Width];

    /// <summary>Number of doubles that a matrix takes.</summary>
    public static int CountValues(int size) => IndexOf(PanelMatrix.CountPanels(size), 0);

    /// <summary>Where a tile begins.</summary>
    public static int IndexOf(int tileRow, int tileColumn) => checked((int)((long)tileRow * (tileRow + 1) / 2 + tileColumn) * Width * Width);

    /// <summary>Copies a row up to its diagonal.</summary>
    /// <param name="row">The row.</param>
    /// <param name="values">Receives row + 1 values.</param>
    public void CopyRow(int row, Span<double> values)
    {
        for (int first = 0; first <= row; first += Width)
            Slice(row, first / Width)[..Math.Min(Width, row + 1 - first)].CopyTo(values[first..]);
    }

    /// <summary>A row's values in one tile.</summary>
    public ReadOnlySpan<double> Slice(int row, int tileColumn) => Values.Slice(IndexOf(row / Width, tileColumn) + row % Width * Width, Width);
}
