using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Pipelines;

public class ParallelCursorTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void GetRowCursor_ActiveAddedColumn_ComputesInOrderOnBackgroundThreads()
    {
        var threads = new ConcurrentDictionary<int, bool>();
        TestTransformer transformer = Make("Sum");
        transformer.OnValue = _ => threads[Environment.CurrentManagedThreadId] = true;
        IDataView data = transformer.Transform(Numbers(1000));

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i + 0.5f), data.GetColumn<float>("Sum"));
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Keys);
        Assert.True(threads.Count > 1);
    }

    [Fact]
    public void GetRowCursor_OnlyInputColumns_StaysOnTheCallersThread()
    {
        TestTransformer transformer = Make("Sum");
        transformer.OnValue = _ => Assert.Fail("Nobody asked for the sum.");
        Assert.Equal(100, transformer.Transform(Numbers(100)).GetColumn<float>("Value").Count());
    }

    [Fact]
    public void GetRowCursor_SeveralTransformers_KeepOrderAndIds()
    {
        IDataView source = Numbers(777);
        IDataView data = Make("B", "A", 1).Transform(Make("A").Transform(source));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        using DataViewRowCursor plain = source.GetRowCursor(source.Schema);
        ValueGetter<float> getSum = cursor.GetGetter<float>(data.Schema["B"]);
        ValueGetter<float> getValue = cursor.GetGetter<float>(data.Schema["Value"]);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        ValueGetter<DataViewRowId> getPlainId = plain.GetIdGetter();
        for (int i = 0; i < 777; i++)
        {
            Assert.True(cursor.MoveNext() && plain.MoveNext());
            float sum = 0, value = 0;
            DataViewRowId id = default, plainId = default;
            getSum(ref sum);
            getValue(ref value);
            getId(ref id);
            getPlainId(ref plainId);
            Assert.Equal((i, i, i + 1.5f, plainId), (cursor.Position, value, sum, id));
        }
        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void GetRowCursorSet_SeveralCursors_ShareTheRowsByBatch()
    {
        IDataView data = Make("Sum").Transform(Numbers(500));
        DataViewRowCursor[] cursors = data.GetRowCursorSet([data.Schema["Sum"]], 3);
        Assert.Equal(3, cursors.Length);
        var rows = new ConcurrentBag<(long Batch, long Order, float Sum)>();
        Thread[] threads = [.. cursors.Select(cursor => new Thread(() =>
        {
            using (cursor)
            {
                ValueGetter<float> getter = cursor.GetGetter<float>(data.Schema["Sum"]);
                long last = -1;
                while (cursor.MoveNext())
                {
                    Assert.True(cursor.Batch >= last);
                    last = cursor.Batch;
                    float sum = 0;
                    getter(ref sum);
                    rows.Add((cursor.Batch, cursor.Position, sum));
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(Enumerable.Range(0, 500).Select(i => i + 0.5f), rows.OrderBy(row => row.Batch).ThenBy(row => row.Order).Select(row => row.Sum));
    }

    [Fact]
    public void MoveNext_GetterThatThrows_WrapsTheException()
    {
        TestTransformer transformer = Make("Sum");
        transformer.OnValue = value => _ = value == 300 ? throw new TimeoutException() : 0;
        IDataView data = transformer.Transform(Numbers(1000));
        var e = Assert.Throws<InvalidOperationException>(() => data.GetColumn<float>("Sum").Count());
        Assert.IsType<TimeoutException>(e.InnerException);
    }

    [Fact]
    public void MoveNext_SourceThatThrows_WrapsTheException()
    {
        static IEnumerable<Row> Source()
        {
            for (int i = 0; i < 200; i++)
                yield return new Row { Value = i };
            throw new TimeoutException();
        }
        IDataView data = Make("Sum").Transform(_context.Data.LoadFromEnumerable(Source()));
        Exception e = Assert.Throws<InvalidOperationException>(() => data.GetColumn<float>("Sum").Count());
        while (e.InnerException != null)
            e = e.InnerException;
        Assert.IsType<TimeoutException>(e);
    }

    [Fact]
    public void Dispose_BeforeTheEnd_EndsTheThreads()
    {
        int live = 0;
        IEnumerable<Row> Source()
        {
            Interlocked.Increment(ref live);
            try
            {
                for (int i = 0; ; i++)
                    yield return new Row { Value = i };
            }
            finally
            {
                Interlocked.Decrement(ref live);
            }
        }
        IDataView data = Make("B", "A").Transform(Make("A").Transform(_context.Data.LoadFromEnumerable(Source())));
        for (int i = 0; i < 5; i++)
        {
            using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
            for (int row = 0; row < 10 * i; row++)
                Assert.True(cursor.MoveNext());
        }
        Assert.Equal(0, live);
    }

    private TestTransformer Make(string output, string input = "Value", float added = 0.5f) => new(_context, output, input, added);

    private IDataView Numbers(int count) => _context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i }).ToList());

    private sealed class Row
    {
        public float Value { get; set; }
    }
}
