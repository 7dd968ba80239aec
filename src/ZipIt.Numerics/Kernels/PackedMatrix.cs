namespace ZipIt.Numerics;

/// <summary>
/// The right operand of a matrix product, stored in the order in which the kernel reads it: panels of two vectors of columns, each panel
/// row after row [panel][depth][panel width]. The last panel is one vector wide if its columns fit, and padded with zeros.
/// </summary>
internal readonly unsafe struct PackedMatrix
{
    /// <summary>Describes a matrix at an address that holds zeros, or its packed values.</summary>
    /// <param name="values"><see cref="SizeOf"/> floats that stay where they are.</param>
    /// <param name="depth">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="lanes">Floats in a vector.</param>
    public PackedMatrix(float* values, int depth, int columns, int lanes)
    {
        Values = values;
        (Depth, Columns, Lanes) = (depth, columns, lanes);
    }

    /// <summary>The panels.</summary>
    public float* Values { get; }

    /// <summary>Number of rows.</summary>
    public int Depth { get; }

    /// <summary>Number of columns without padding.</summary>
    public int Columns { get; }

    /// <summary>Floats in a vector.</summary>
    public int Lanes { get; }

    /// <summary>Number of panels.</summary>
    public int PanelCount => (Columns + 2 * Lanes - 1) / (2 * Lanes);

    /// <summary>Number of columns with padding.</summary>
    public static int PadColumns(int columns, int lanes) => (columns + lanes - 1) / lanes * lanes;

    /// <summary>Number of floats that a packed matrix takes.</summary>
    public static long SizeOf(int depth, int columns, int lanes) => (long)depth * PadColumns(columns, lanes);

    /// <summary>Address of a panel.</summary>
    public float* Panel(int panel) => Values + (nint)panel * 2 * Lanes * Depth;

    /// <summary>Sets an element.</summary>
    public void Set(int row, int column, float value)
    {
        (int panel, int n) = Math.DivRem(column, 2 * Lanes);
        int width = Columns - panel * 2 * Lanes <= Lanes ? Lanes : 2 * Lanes;
        Panel(panel)[(nint)row * width + n] = value;
    }
}
