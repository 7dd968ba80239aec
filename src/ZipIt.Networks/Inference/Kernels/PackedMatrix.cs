namespace ZipIt.Networks.Kernels;

/// <summary>
/// The right operand of a matrix product, stored in the order in which the kernel reads it: panels of two vectors of columns, each panel
/// row after row [panel][depth][panel width]. The last panel is one vector wide if its columns fit, and padded with zeros.
/// </summary>
internal readonly unsafe struct PackedMatrix
{
    private PackedMatrix(float* values, int depth, int columns, int lanes)
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

    /// <summary>Packs a matrix.</summary>
    /// <param name="source">B [depth, columns]; element (k, n) stands at <c>source[k·strideDepth + n·strideColumn]</c>.</param>
    /// <param name="target">Receives <see cref="SizeOf"/> floats; must stay where it is.</param>
    public static PackedMatrix Pack(ReadOnlySpan<float> source, int strideDepth, int strideColumn, int depth, int columns, int lanes, float* target)
    {
        int panelWidth = 2 * lanes;
        float* next = target;
        for (int first = 0; first < columns; first += panelWidth)
        {
            int used = Math.Min(panelWidth, columns - first);
            int width = used <= lanes ? lanes : panelWidth;
            for (int k = 0; k < depth; k++)
            {
                for (int n = 0; n < width; n++)
                    *next++ = n < used ? source[k * strideDepth + (first + n) * strideColumn] : 0;
            }
        }

        return new PackedMatrix(target, depth, columns, lanes);
    }
}
