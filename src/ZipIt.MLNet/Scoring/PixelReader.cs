using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>Reads the pixels of the row that a cursor stands on.</summary>
internal sealed class PixelReader
{
    /// <summary>Larger values, positive or negative, are no pixels: squares of the features that they lead to may be too large for a float.</summary>
    public const float LargestValue = 1e12f;

    private readonly IExceptionContext _context;
    private readonly DataViewRow _row;
    private readonly string _name;
    private readonly ValueGetter<VBuffer<float>> _getter;
    private VBuffer<float> _buffer;

    /// <summary>Binds to a row.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="row">The row or cursor; the column must be active in it.</param>
    /// <param name="column">The pixel column.</param>
    /// <param name="getter">Gives the pixels; null for the row's own getter.</param>
    public PixelReader(IExceptionContext context, DataViewRow row, DataViewSchema.Column column, ValueGetter<VBuffer<float>>? getter = null)
    {
        (_context, _row, _name) = (context, row, column.Name);
        _getter = getter ?? row.GetGetter<VBuffer<float>>(column);
    }

    /// <summary>Reads the present row.</summary>
    /// <param name="pixels">Receives the values [channels, height, width].</param>
    /// <returns>Whether all values are numbers between ±<see cref="LargestValue"/>; if not, the pixels are zeros.</returns>
    /// <exception cref="InvalidOperationException">The row has another number of values.</exception>
    public bool Read(Span<float> pixels)
    {
        _getter(ref _buffer);
        if (_buffer.Length != pixels.Length)
        {
            throw _context.Process(new InvalidOperationException(
                $"Expected {pixels.Length} values in column '{_name}', found {_buffer.Length} in row {_row.Position}."));
        }

        _buffer.CopyTo(pixels);

        // The largest magnitude is not a number if one of the values is not.
        if (TensorPrimitives.MaxMagnitude<float>(pixels) is >= -LargestValue and <= LargestValue)
            return true;
        pixels.Clear();
        return false;
    }
}
