using System.Collections.Concurrent;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Shares out the rows of one cursor over several, which may be used on different threads.</summary>
internal sealed class CursorSplitter
{
    private const int RowsPerBatch = 64;

    private readonly DataViewRowCursor _input;
    private readonly BlockingCollection<RowBatch> _filled;
    private readonly ConcurrentBag<RowBatch> _free = [];
    private readonly CancellationTokenSource _cancelled = new();
    private readonly Thread _worker;
    private Exception _failure;
    private int _openCursors;

    private CursorSplitter(DataViewRowCursor input, int count)
    {
        _input = input;
        _openCursors = count;
        _filled = new BlockingCollection<RowBatch>(2 * count);
        _worker = new Thread(Fill) { IsBackground = true, Name = nameof(CursorSplitter) };
    }

    public static DataViewRowCursor[] Split(IChannelProvider provider, DataViewRowCursor input, int count)
    {
        var splitter = new CursorSplitter(input, count);
        bool[] active = [.. input.Schema.Select(input.IsColumnActive)];
        DataViewRowCursor[] cursors = [.. Enumerable.Range(0, count).Select(_ => new Cursor(provider, splitter, input.Schema, active))];
        splitter._worker.Start();
        return cursors;
    }

    private void Fill()
    {
        try
        {
            using DataViewRowCursor input = _input;
            var reader = new RowBatch.Reader(input, RowsPerBatch);
            long number = 0;
            bool more = true;
            while (more)
            {
                if (!_free.TryTake(out RowBatch batch))
                    batch = reader.NewBatch();
                RowBatch.Reader.Clear(batch);
                batch.Number = number++;
                while (!reader.IsFull(batch) && (more = input.MoveNext()))
                    reader.Append(batch);
                if (batch.Count > 0)
                    _filled.Add(batch, _cancelled.Token);
            }
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
            // Every cursor has been disposed: nobody wants the rest.
        }
        catch (Exception e)
        {
            _failure = e;
        }
        finally
        {
            _filled.CompleteAdding();
        }
    }

    private RowBatch Next(RowBatch finished)
    {
        if (finished != null)
            _free.Add(finished);
        if (_filled.TryTake(out RowBatch batch, Timeout.Infinite))
            return batch;
        if (_failure != null)
            throw WorkerFailure.Wrap(_failure);
        return null;
    }

    private void Close()
    {
        if (Interlocked.Decrement(ref _openCursors) > 0)
            return;
        _cancelled.Cancel();
        _worker.Join();
    }

    private sealed class Cursor(IChannelProvider provider, CursorSplitter splitter, DataViewSchema schema, bool[] active)
        : RowBatchCursor(provider, schema, active)
    {
        private bool _disposed;

        protected override RowBatch NextBatch(RowBatch finished) => splitter.Next(finished);

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (disposing)
                splitter.Close();
            base.Dispose(disposing);
        }
    }
}
