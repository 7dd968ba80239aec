using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>
/// Scores rows batch by batch though they are asked for one by one. One cursor over the input reads a whole batch ahead; the other columns that are asked for
/// wait in buffers until their row comes. So every row keeps its own scores, even if the input gives its rows in another order each time it is read.
/// </summary>
/// <remarks>
/// Nothing shows that rows are read ahead: an exception of the input is thrown at the row, and by the getter, that it belongs to.
/// </remarks>
internal sealed class ScoredCursor : DataViewRowCursor
{
    /// <summary>Size of the buffered values in bytes at which a batch ends early: large images do not pile up.</summary>
    private const long BufferedBytes = 64L << 20;

    private readonly ScoringBinding _binding;
    private readonly bool[] _active;
    private readonly DataViewRowCursor _input;
    private readonly Action<bool> _onEnd;
    private readonly ScoredImages _images;
    private readonly PixelReader _reader;
    private readonly ColumnBuffer[] _buffers;
    private readonly Delegate?[] _getters;
    private readonly ValueGetter<DataViewRowId> _inputId;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;
    private ExceptionDispatchInfo? _failure; // of the row behind those that were read ahead
    private long _position = -1;
    private int _row = -1;
    private bool _done;
    private bool _disposed;

    /// <summary>Takes over a cursor.</summary>
    /// <param name="binding">The model and the schemas.</param>
    /// <param name="active">For each column of the output schema whether it is asked for.</param>
    /// <param name="input">Gives the pixels and the columns that are asked for.</param>
    /// <param name="onEnd">Is told once that all rows were read, and whether scores were.</param>
    public ScoredCursor(ScoringBinding binding, bool[] active, DataViewRowCursor input, Action<bool> onEnd)
    {
        (_binding, _active, _input, _onEnd) = (binding, active, input, onEnd);
        int capacity = binding.Model.BatchSize;
        _images = new ScoredImages(binding.Model, capacity);
        _getters = binding.CreateGetters(active, _images, FindCurrent);
        _ids = new DataViewRowId[capacity];
        _batches = new long[capacity];
        _inputId = input.GetIdGetter();
        DataViewSchema.Column[] passed = binding.PassedThrough(active);
        _buffers = new ColumnBuffer[passed.Length];
        ValueGetter<VBuffer<float>>? buffered = null;
        for (int i = 0; i < passed.Length; i++)
        {
            _buffers[i] = ColumnBuffer.Create(input, passed[i], capacity);
            _getters[passed[i].Index] = _buffers[i].CreateGetter(FindCurrent);

            // Pixels that are asked for beside the scores are read once: they may be other ones the second time.
            if (passed[i].Index == binding.Pixels.Index)
                buffered = (ValueGetter<VBuffer<float>>)_buffers[i].CreateGetter(() => _images.Count);
        }

        _reader = new PixelReader(binding.Host, input, binding.Pixels, buffered);
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _position;

    public override long Batch => _row < 0 ? 0 : _batches[_row];

    public override bool IsColumnActive(DataViewSchema.Column column) => _binding.IsActive(column, _active);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _binding.GetGetter<TValue>(column, _active, _input, _getters);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = _ids[FindCurrent()];

    public override bool MoveNext()
    {
        if (_done)
            return false;
        if (_row + 1 < _images.Count)
            _row++;
        else
            ReadAhead();
        if (_row >= 0)
        {
            _position++;
            return true;
        }

        _done = true;
        _position = -1;
        _onEnd(_images.HasRun);
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        _done = true;
        (_position, _row) = (-1, -1);
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }

    private int FindCurrent() => _row >= 0
        ? _row
        : throw _binding.Host.Process(new InvalidOperationException("The cursor stands on no row: it was not moved yet, or is at the end."));

    /// <summary>Goes to the first row of a new batch; to none if there are no more.</summary>
    private void ReadAhead()
    {
        _row = -1;
        _images.Clear();
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
        long bytes = 0;
        while (_images.Count < _images.Capacity && bytes < BufferedBytes && MoveInput())
        {
            int slot = _images.Count;
            _inputId(ref _ids[slot]);
            _batches[slot] = _input.Batch;
            foreach (ColumnBuffer buffer in _buffers)
                bytes += buffer.Read(slot);
            _images.Add(_reader);
        }

        if (_images.Count > 0)
            _row = 0;
    }

    private bool MoveInput()
    {
        try
        {
            return _input.MoveNext();
        }
        catch (Exception failure) when (_images.Count > 0)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
            return false;
        }
    }
}
