namespace ZipIt.Numerics;

/// <summary>
/// A data matrix in the order in which products of its columns read it: panels of <see cref="Width"/> columns, each of them row after row [panel, row, width].
/// The last panel is filled up with zeros.
/// </summary>
internal sealed unsafe class PanelMatrix
{
    /// <summary>Columns of a panel: <see cref="RankUpdate.PanelWidth"/>.</summary>
    public const int Width = RankUpdate.PanelWidth;

    private const int CopiedRows = 256; // that a thread takes at a time
    private const int PageRows = 4096 / (Width * sizeof(float));

    /// <summary>Lays a matrix out in new memory with any content.</summary>
    public PanelMatrix(int rows, int columns)
        : this(rows, columns, AlignedBuffer.Uninitialized(SizeOf(rows, columns)))
    {
    }

    /// <summary>Lays a matrix out in memory with any content, at least <see cref="SizeOf"/> floats.</summary>
    public PanelMatrix(int rows, int columns, AlignedBuffer memory)
    {
        (Rows, Columns, Memory) = (rows, columns, memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(memory.Length, SizeOf(rows, columns), nameof(memory));
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns without filling.</summary>
    public int Columns { get; }

    /// <summary>The memory that the matrix lies in; whoever works with addresses keeps it alive.</summary>
    public AlignedBuffer Memory { get; }

    /// <summary>Number of panels.</summary>
    public int PanelCount => CountPanels(Columns);

    /// <summary>Number of panels of a matrix.</summary>
    public static int CountPanels(int columns) => (columns + Width - 1) / Width;

    /// <summary>Number of floats that a matrix takes.</summary>
    public static int SizeOf(int rows, int columns) => checked(CountPanels(columns) * Stride(rows));

    /// <summary>Address of a panel.</summary>
    public float* Panel(int panel) => Memory.Pointer + (nint)panel * Stride(Rows);

    /// <summary>A row's values in one panel.</summary>
    public Span<float> Slice(int panel, int row) => new(Panel(panel) + (nint)row * Width, Width);

    /// <summary>Takes values [rows, columns].</summary>
    /// <param name="values">The values.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public void CopyFrom(ReadOnlySpan<float> values, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, checked(Rows * Columns), nameof(values));
        fixed (float* pointer = values)
        {
            float* source = pointer;
            WorkerTeam.For(threads, (Rows + CopiedRows - 1) / CopiedRows, (block, _) =>
                CopyFrom(source, block * CopiedRows, Math.Min(CopiedRows, Rows - block * CopiedRows)));
        }
    }

    private void CopyFrom(float* values, int firstRow, int count)
    {
        for (int panel = 0; panel < PanelCount; panel++)
        {
            int first = panel * Width, used = Math.Min(Width, Columns - first);
            for (int row = firstRow; row < firstRow + count; row++)
            {
                Span<float> target = Slice(panel, row);
                new ReadOnlySpan<float>(values + (nint)row * Columns + first, used).CopyTo(target);
                target[used..].Clear();
            }
        }
    }

    /// <summary>Writes a row's values without filling.</summary>
    public void CopyRow(int row, Span<double> values)
    {
        for (int column = 0; column < Columns; column++)
            values[column] = Slice(column / Width, row)[column % Width];
    }

    /// <summary>Sets the last column, and with it the filling behind it, of some rows.</summary>
    public void SetLastColumn(float value, int firstRow, int count)
    {
        (int panel, int offset) = Math.DivRem(Columns - 1, Width);
        for (int row = firstRow; row < firstRow + count; row++)
        {
            Span<float> end = Slice(panel, row)[offset..];
            end.Clear();
            end[0] = value;
        }
    }

    /// <summary>Distance of panels: not a multiple of a page, so that a row's values do not all fall on the same lines of the cache.</summary>
    private static int Stride(int rows) => checked((rows % PageRows == 0 ? rows + 1 : rows) * Width);
}
