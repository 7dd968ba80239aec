using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet;

/// <summary>Reads the pixels of the row that a cursor stands on.</summary>
internal sealed class PixelReader
{
    private readonly IExceptionContext _context;
    private readonly DataViewRow _row;
    private readonly string _name;
    private readonly ValueGetter<VBuffer<float>> _getter;
    private VBuffer<float> _buffer;

    /// <summary>Binds to a row.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="row">The row or cursor; the column must be active in it.</param>
    /// <param name="column">The pixel column.</param>
    public PixelReader(IExceptionContext context, DataViewRow row, DataViewSchema.Column column)
    {
        (_context, _row, _name) = (context, row, column.Name);
        _getter = row.GetGetter<VBuffer<float>>(column);
    }

    /// <summary>Reads the present row.</summary>
    /// <param name="pixels">Receives the values [channels, height, width].</param>
    /// <returns>Whether all values are finite numbers; if not, the pixels are zeros.</returns>
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
        if (TensorPrimitives.IsFiniteAll<float>(pixels))
            return true;
        pixels.Clear();
        return false;
    }
}
