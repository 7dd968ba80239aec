using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>
/// Scores rows batch by batch though they are asked for one by one. A leading cursor reads the pixels of a whole batch ahead; a trailing one walks behind it, row by row,
/// and gives the other columns, so that none of their values is copied.
/// </summary>
internal sealed class ScoredCursor : DataViewRowCursor
{
    private readonly ScoringBinding _binding;
    private readonly bool[] _active;
    private readonly DataViewRowCursor? _leading;
    private readonly DataViewRowCursor? _trailing;
    private readonly ScoredImages? _images;
    private readonly PixelReader? _reader;
    private readonly ValueGetter<DataViewRowId>? _leadingId;
    private readonly ValueGetter<DataViewRowId>? _trailingId;
    private readonly DataViewRowId[] _ids = [];
    private readonly long[] _batches = [];
    private readonly Delegate?[] _getters = [];
    private long _position = -1;
    private int _row = -1;
    private bool _done;
    private bool _disposed;

    /// <summary>Takes over one or two cursors over the same rows.</summary>
    /// <param name="binding">The model and the schemas.</param>
    /// <param name="active">For each column of the output schema whether it is asked for.</param>
    /// <param name="leading">Gives the pixels; null if no score is asked for.</param>
    /// <param name="trailing">Gives the input's columns; null if none is asked for.</param>
    public ScoredCursor(ScoringBinding binding, bool[] active, DataViewRowCursor? leading, DataViewRowCursor? trailing)
    {
        (_binding, _active, _leading, _trailing) = (binding, active, leading, trailing);
        _trailingId = trailing?.GetIdGetter();
        if (leading is null)
            return;
        int capacity = binding.Model.BatchSize;
        _images = new ScoredImages(binding.Model, capacity);
        _reader = new PixelReader(binding.Host, leading, binding.Pixels);
        _leadingId = leading.GetIdGetter();
        _ids = new DataViewRowId[capacity];
        _batches = new long[capacity];
        _getters = binding.CreateGetters(active, _images, FindCurrent);
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _position;

    public override long Batch => _trailing?.Batch ?? (_position < 0 ? 0 : _batches[_row]);

    public override bool IsColumnActive(DataViewSchema.Column column) => _binding.IsActive(column, _active);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _binding.GetGetter<TValue>(column, _active, _trailing, _getters);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _trailing is not null
        ? _trailing.GetIdGetter()
        : (ref DataViewRowId value) => value = _ids[FindCurrent()];

    public override bool MoveNext()
    {
        if (_done)
            return false;
        if (_leading is null ? _trailing!.MoveNext() : MoveInBatch())
        {
            _position++;
            return true;
        }

        _done = true;
        _position = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        _done = true;
        _position = -1;
        if (disposing)
        {
            _leading?.Dispose();
            _trailing?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int FindCurrent() => _position >= 0
        ? _row
        : throw _binding.Host.Process(new InvalidOperationException("The cursor stands on no row: it was not moved yet, or is at the end."));

    private bool MoveInBatch()
    {
        _row++;
        if (_row >= _images!.Count)
        {
            ReadAhead();
            _row = 0;
        }

        bool moved = _images.Count > 0;
        if (_trailing is null)
            return moved;
        DataViewRowId id = default;
        bool followed = _trailing.MoveNext();
        if (followed)
            _trailingId!(ref id);
        if (followed != moved || (moved && !id.Equals(_ids[_row])))
        {
            throw _binding.Host.Process(new InvalidOperationException(
                "The input gives its rows in another order each time it is read, so that scores cannot be put beside the other columns. " +
                "Cache the data before it is scored, or shuffle it with a fixed seed."));
        }

        return moved;
    }

    private void ReadAhead()
    {
        _images!.Clear();
        while (_images.Count < _images.Capacity && _leading!.MoveNext())
        {
            int row = _images.Count;
            _leadingId!(ref _ids[row]);
            _batches[row] = _leading.Batch;
            _images.Add(_reader!);
        }
    }
}
