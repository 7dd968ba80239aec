using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;

namespace ZipIt.MLNet;

/// <summary>
/// The images of a pixel column. As long as they take little memory they are read once and kept, so that nothing depends on the order in which the data gives
/// its rows the next time. More are read anew on every pass, which must give the same images in the same order. Rows with a value that is no pixel are left
/// out.
/// </summary>
internal sealed class DataViewImages : IImageSource
{
    /// <summary>Most memory that kept images take, in bytes: 21,845 images of 3×32×32, or 445 of 3×224×224.</summary>
    public const long MemoryBudget = 256L << 20;

    private readonly IExceptionContext _context;
    private readonly IDataView _data;
    private readonly DataViewSchema.Column _column;
    private readonly int[] _shape;
    private readonly int _length;
    private readonly long _maximum;
    private readonly long _budget;
    private readonly Action<long> _onRead;
    private readonly CancellationToken _cancellation;
    private readonly ImageSequence _sequence = new();
    private List<float[]>? _kept; // all images, once a pass has read them
    private long? _count;

    /// <summary>Binds to a column.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="data">The rows.</param>
    /// <param name="column">The pixel column, already checked.</param>
    /// <param name="shape">Shape of one image: [channels, height, width].</param>
    /// <param name="maximum">Largest number of images that are read, or null for all.</param>
    /// <param name="onRead">Is told the number of images read so far in a pass, after every batch.</param>
    /// <param name="cancellation">Ends a pass between two rows.</param>
    /// <param name="budget">Most memory that kept images may take, in bytes.</param>
    public DataViewImages(
        IExceptionContext context, IDataView data, DataViewSchema.Column column, ReadOnlySpan<int> shape, int? maximum, Action<long> onRead,
        CancellationToken cancellation,
        long budget = MemoryBudget)
    {
        (_context, _data, _column, _onRead, _cancellation, _budget) = (context, data, column, onRead, cancellation, budget);
        _shape = shape.ToArray();
        _length = _shape[0] * _shape[1] * _shape[2];
        _maximum = maximum ?? long.MaxValue;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _shape;

    /// <inheritdoc/>
    public long? ImageCount => _count ?? (_data.GetRowCount() is { } rows ? Math.Min(rows, _maximum) : null);

    /// <summary>Number of images; 0 before a pass is complete.</summary>
    public long Count => _count ?? 0;

    /// <summary>Number of rows that the latest complete pass over the data left out.</summary>
    public long Skipped { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There are fewer than two images, or they are other ones than in an earlier pass.</exception>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        var pixels = new float[checked(batchSize * _length)];
        long count = 0;
        int filled = 0;
        foreach (float[] image in _kept ?? ReadRows())
        {
            image.CopyTo(pixels, filled * _length);
            if (++filled < batchSize)
                continue;
            yield return new ImageBatch(pixels, filled);
            count += filled;
            filled = 0;
            _onRead(count);
        }

        if (filled == 0)
            yield break;
        yield return new ImageBatch(pixels.AsMemory(0, filled * _length), filled);
        _onRead(count + filled);
    }

    /// <summary>Reads the data; an image is valid until the next one is asked for, unless it is kept.</summary>
    private IEnumerable<float[]> ReadRows()
    {
        List<float[]>? kept = _count is null ? [] : null;
        ImageSequence.Reading reading = _sequence.Read();
        long skipped = 0;
        float[] image = new float[_length];
        using var cursor = new SourceCursor(_context, _data, _column, _data.GetRowCursor([_column]));
        var reader = new PixelReader(_context, cursor, _column);
        while (reading.Count < _maximum && cursor.MoveNext())
        {
            _cancellation.ThrowIfCancellationRequested();
            if (!reader.Read(image))
            {
                skipped++;
                continue;
            }

            if (reading.Count == _count)
                throw Changed($"The data has more rows than in the pass before, which found {_count} images.");
            if (!reading.Accept(image))
                throw Changed($"Row {cursor.Position} shows another image than in the pass before.");
            yield return image;
            if (kept is not null && (kept.Count + 1L) * _length * sizeof(float) > _budget)
                kept = null;
            if (kept is null)
                continue;
            kept.Add(image);
            image = new float[_length];
        }

        if (reading.Count < _count)
            throw Changed($"The first pass found {_count} images, this one {reading.Count}.");
        if (reading.Count < 2)
        {
            throw _context.Process(new InvalidOperationException(
                $"Expected at least two calibration images in column '{_column.Name}', better 100 or more, found {reading.Count}" +
                (skipped > 0 ? $" and {skipped} with values that are no pixels: not finite, or beyond ±{PixelReader.LargestValue:0e0}." : ".")));
        }

        (_count, _kept, Skipped) = (reading.Count, kept, skipped);
    }

    private InvalidOperationException Changed(string what) => _context.Process(new InvalidOperationException(
        $"Calibration images in column '{_column.Name}': {what} They take more than {_budget >> 20} MiB, so they are read again for each pass, and the data must give the same " +
        $"rows in the same order each time. Put the rows in a list or in files once, in a fixed order, or fit on mlContext.Data.Cache(data, \"{_column.Name}\", …), with the " +
        "names of all columns that are read: a cache without names is filled column by column, each time from another pass. Or set a smaller " +
        $"{nameof(ZipEstimator.Options.MaximumNumberOfCalibrationImages)}."));
}
