using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;

namespace ZipIt.MLNet;

/// <summary>
/// The images of a pixel column, read anew on every pass. Rows with a value that is no finite number are left out.
/// </summary>
internal sealed class DataViewImages : IImageSource
{
    private readonly IExceptionContext _context;
    private readonly IDataView _data;
    private readonly DataViewSchema.Column _column;
    private readonly int[] _shape;
    private readonly int _length;
    private readonly long _maximum;
    private readonly Action<long> _onRead;

    /// <summary>Binds to a column.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="data">The rows.</param>
    /// <param name="column">The pixel column, already checked.</param>
    /// <param name="shape">Shape of one image: [channels, height, width].</param>
    /// <param name="maximum">Largest number of images that are read, or null for all.</param>
    /// <param name="onRead">Is told the number of images read so far in a pass, after every batch.</param>
    public DataViewImages(IExceptionContext context, IDataView data, DataViewSchema.Column column, ReadOnlySpan<int> shape, int? maximum, Action<long> onRead)
    {
        (_context, _data, _column, _onRead) = (context, data, column, onRead);
        _shape = shape.ToArray();
        _length = _shape[0] * _shape[1] * _shape[2];
        _maximum = maximum ?? long.MaxValue;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>Number of images that the latest complete pass gave.</summary>
    public long Count { get; private set; }

    /// <summary>Number of rows that the latest complete pass left out.</summary>
    public long Skipped { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There are fewer than two images.</exception>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        var pixels = new float[checked(batchSize * _length)];
        long count = 0, skipped = 0;
        int filled = 0;
        using DataViewRowCursor cursor = _data.GetRowCursor([_column]);
        var reader = new PixelReader(_context, cursor, _column);
        while (count + filled < _maximum && cursor.MoveNext())
        {
            if (!reader.Read(pixels.AsSpan(filled * _length, _length)))
            {
                skipped++;
                continue;
            }

            if (++filled < batchSize)
                continue;
            yield return new ImageBatch(pixels, filled);
            count += filled;
            filled = 0;
            _onRead(count);
        }

        count += filled;
        if (count < 2)
        {
            throw _context.Process(new InvalidOperationException(
                $"Expected at least two calibration images in column '{_column.Name}', better 100 or more, found {count}" +
                (skipped > 0 ? $" and {skipped} with values that are not finite numbers." : ".")));
        }

        if (filled > 0)
            yield return new ImageBatch(pixels.AsMemory(0, filled * _length), filled);
        _onRead(count);
        (Count, Skipped) = (count, skipped);
    }
}
