using System.Collections.Concurrent;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Puts the rows of several cursors back into the order of their batches; each cursor is read on a thread of its own.</summary>
internal sealed class ConsolidatingCursor : RowBatchCursor
{
    private readonly CancellationTokenSource _cancelled = new();
    private readonly Worker[] _workers;
    private Worker _current;
    private bool _disposed;

    public ConsolidatingCursor(IChannelProvider provider, DataViewRowCursor[] inputs, int batchSize)
        : base(provider, inputs[0].Schema, [.. inputs[0].Schema.Select(inputs[0].IsColumnActive)])
    {
        _workers = [.. inputs.Select(input => new Worker(input, batchSize, _cancelled.Token))];
        foreach (Worker worker in _workers)
            worker.Start();
    }

    public override long Batch => 0;

    protected override RowBatch NextBatch(RowBatch finished)
    {
        _current?.Release(finished);

        // A batch number belongs to one cursor and never falls within it, so the lowest number at the head of a queue comes next.
        _current = null;
        foreach (Worker worker in _workers)
        {
            RowBatch head = worker.Peek();
            if (head != null && (_current == null || head.Number < _current.Peek().Number))
                _current = worker;
        }
        return _current?.Take();
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
        {
            _cancelled.Cancel();
            foreach (Worker worker in _workers)
                worker.Join();
        }
        base.Dispose(disposing);
    }

    /// <summary>Reads one cursor into batches.</summary>
    private sealed class Worker
    {
        private readonly DataViewRowCursor _input;
        private readonly int _batchSize;
        private readonly CancellationToken _cancelled;
        private readonly BlockingCollection<RowBatch> _filled = new(2);
        private readonly ConcurrentBag<RowBatch> _free = [];
        private readonly Thread _thread;
        private RowBatch _head;
        private Exception _failure;

        public Worker(DataViewRowCursor input, int batchSize, CancellationToken cancelled)
        {
            _input = input;
            _batchSize = batchSize;
            _cancelled = cancelled;
            _thread = new Thread(Fill) { IsBackground = true, Name = nameof(ConsolidatingCursor) };
        }

        public void Start() => _thread.Start();

        public void Join() => _thread.Join();

        /// <summary>The next batch, null if there is none.</summary>
        public RowBatch Peek()
        {
            if (_head == null && !_filled.TryTake(out _head, Timeout.Infinite) && _failure != null)
                throw WorkerFailure.Wrap(_failure);
            return _head;
        }

        public RowBatch Take()
        {
            RowBatch batch = Peek();
            _head = null;
            return batch;
        }

        public void Release(RowBatch batch) => _free.Add(batch);

        private void Fill()
        {
            try
            {
                using DataViewRowCursor input = _input;
                var reader = new RowBatch.Reader(input, _batchSize);
                RowBatch batch = null;
                while (!_cancelled.IsCancellationRequested && input.MoveNext())
                {
                    if (batch != null && (reader.IsFull(batch) || batch.Number != input.Batch))
                    {
                        _filled.Add(batch, _cancelled);
                        batch = null;
                    }
                    batch ??= NextFree(reader, input.Batch);
                    reader.Append(batch);
                }
                if (batch != null)
                    _filled.Add(batch, _cancelled);
            }
            catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
            {
                // The consolidating cursor has been disposed: nobody wants the rest.
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

        private RowBatch NextFree(RowBatch.Reader reader, long number)
        {
            if (!_free.TryTake(out RowBatch batch))
                batch = reader.NewBatch();
            RowBatch.Reader.Clear(batch);
            batch.Number = number;
            return batch;
        }
    }
}
