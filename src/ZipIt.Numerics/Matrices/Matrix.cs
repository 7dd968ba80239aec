
namespace ZipIt.Numerics;

/// <summary>A dense, row-major matrix of doubles.</summary>
public sealed class Matrix
{
    private readonly double[] _values;

    /// <summary>Makes a matrix of zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public Matrix(int rows, int columns)
        : this(rows, columns, new double[checked(rows * columns)])
    {
    }

    /// <summary>Makes a matrix over existing values, which are not copied.</summary>
    /// <exception cref="ArgumentException">The number of values is not rows·columns.</exception>
    public Matrix(int rows, int columns, double[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A {rows}×{columns} matrix has {(long)rows * columns} values, but {values.Length} were given.", nameof(values));
        (Rows, Columns, _values) = (rows, columns, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>All values, row after row.</summary>
    public Span<double> Values => _values;

    /// <summary>One value.</summary>
    public double this[int row, int column]
    {
        get => _values[row * Columns + column];
        set => _values[row * Columns + column] = value;
    }

    /// <summary>One row.</summary>
    public Span<double> Row(int row) => _values.AsSpan(row * Columns, Columns);

    /// <summary>A copy in memory of its own.</summary>
    public Matrix Clone() => new(Rows, Columns, [.. _values]);

    /// <summary>The matrix as weights [outputs, columns] that many rows are multiplied with.</summary>
    internal PanelWeights Pack() => new(_values, Rows, Columns);
}
