using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// What this library relies on in ML.NET, or works around, and which its documentation does not promise. Where a test fails with a newer ML.NET, the code that
/// relies on it needs another look.
/// </summary>
public sealed partial class MLNetFactsTests
{
    private readonly MLContext _context = new(1);

    /// <summary>An id cannot tell that a second pass has another order.</summary>
    [Fact]
    public void LoadFromEnumerable_EachCursor_EnumeratesAnewAndCountsIdsFromZero()
    {
        int passes = 0;
        IEnumerable<NumberRow> Source()
        {
            bool isFirst = passes++ == 0;
            return isFirst ? Numbers(3) : Numbers(3).Reverse();
        }

        IDataView data = _context.Data.LoadFromEnumerable(Deferred(Source));

        Dictionary<float, DataViewRowId> first = ReadIds(data, null), second = ReadIds(data, null);

        Assert.Equal(2, passes);
        Assert.Equal([0f, 1, 2], first.Keys);
        Assert.Equal([2f, 1, 0], second.Keys);
        Assert.Equal(first.Values, second.Values);
    }

    [Fact]
    public void GetRowCursor_Shuffled_KeepsTheIdsOfTheRows()
    {
        IDataView cached = _context.Data.Cache(_context.Data.LoadFromEnumerable(Numbers(600)));
        Dictionary<float, DataViewRowId> ordered = ReadIds(cached, null), shuffled = ReadIds(cached, new Random(1));

        Assert.NotEqual(ordered.Keys, shuffled.Keys);
        Assert.Equal(ordered.OrderBy(pair => pair.Key), shuffled.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void GetRowCursorSet_BehindAMapper_SplitsBatchesThatRestoreTheOrder()
    {
        IDataView data = AddMapped(Numbers(500), (row, mapped) => mapped.Mapped = row.Number);
        DataViewSchema.Column column = data.Schema["Mapped"];

        DataViewRowCursor[] cursors = data.GetRowCursorSet([column], 3);
        var rows = new ConcurrentBag<(long Batch, long Position, float Value)>();
        Parallel.ForEach(cursors, new ParallelOptions { MaxDegreeOfParallelism = cursors.Length }, cursor =>
        {
            ValueGetter<float> getter = cursor.GetGetter<float>(column);
            for (float value = 0; cursor.MoveNext();)
            {
                getter(ref value);
                rows.Add((cursor.Batch, cursor.Position, value));
            }

            cursor.Dispose();
        });

        Assert.Equal(3, cursors.Length);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (float)i), rows.OrderBy(row => row.Batch).ThenBy(row => row.Position).Select(row => row.Value));
    }

    /// <summary>A set of one cursor is how a row is read where and when it is asked for.</summary>
    [Fact]
    public void Mapper_OneCursor_RunsOnOtherThreadsUnlessItIsASetOfOne()
    {
        var threads = new ConcurrentDictionary<int, int>();
        IDataView data = AddMapped(Numbers(500), (_, _) => threads.AddOrUpdate(Environment.CurrentManagedThreadId, 1, (_, count) => count + 1));
        DataViewSchema.Column column = data.Schema["Mapped"];

        Drain(data.GetRowCursor([column]), column);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Keys);

        threads.Clear();
        Drain(Assert.Single(data.GetRowCursorSet([column], 1)), column);
        Assert.Equal([Environment.CurrentManagedThreadId], threads.Keys);
    }

    [Fact]
    public void Mapper_ThatThrows_IsWrappedAndTellsNoRow()
    {
        IDataView data = AddMapped(Numbers(500), (row, mapped) => mapped.Mapped = row.Number == 300 ? throw new TimeoutException("The disk sleeps.") : 0);
        DataViewSchema.Column column = data.Schema["Mapped"];

        var failure = Assert.Throws<InvalidOperationException>(() => Drain(data.GetRowCursor([column]), column));

        Assert.StartsWith("Splitter/consolidator worker encountered exception", failure.Message);
        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    [Fact]
    public void Cache_WithoutNames_ReadsTheSourceForEachColumn()
    {
        int passes = 0;
        IDataView source = _context.Data.LoadFromEnumerable(Deferred(() =>
        {
            passes++;
            return Numbers(3);
        }));

        IDataView together = _context.Data.Cache(source, "Number", "Text");
        ReadBoth(together);
        Assert.Equal(1, passes);

        IDataView apart = _context.Data.Cache(source);
        ReadBoth(apart);
        Assert.Equal(3, passes);

        static void ReadBoth(IDataView view)
        {
            _ = view.GetColumn<float>("Number").Count();
            _ = view.GetColumn<string>("Text").Count();
        }
    }

    [Fact]
    public void MapValueToKey_Values_CountFromOneInTheOrderTheyCome()
    {
        IDataView data = _context.Data.LoadFromEnumerable(((string[])["dog", "cat", "dog", "bird"]).Select(text => new NumberRow { Text = text }));

        IDataView keys = _context.Transforms.Conversion.MapValueToKey("Text").Fit(data).Transform(data);

        Assert.Equal([1u, 2, 1, 3], keys.GetColumn<uint>("Text"));
        VBuffer<ReadOnlyMemory<char>> values = default;
        keys.Schema["Text"].GetKeyValues(ref values);
        Assert.Equal(["dog", "cat", "bird"], values.DenseValues().Select(value => value.ToString()));
    }

    [Fact]
    public void Evaluate_ScoresOfAnotherOrderThanTheKeys_AreComparedByPosition()
    {
        // Of equal scores the first one wins; the names of the slots, which stand the other way round, do not count.
        ScoredRow[] rows = [new() { Label = 0, Score = [0.5f, 0.5f] }, new() { Label = 1, Score = [0.5f, 0.5f] }, new() { Label = 1, Score = [0, 1] }];
        SchemaDefinition definition = SchemaDefinition.Create(typeof(ScoredRow));
        definition["Score"].AddAnnotation("SlotNames", ((string[])["b", "a"]).Select(name => name.AsMemory()).ToArray(),
            new VectorDataViewType(TextDataViewType.Instance, 2));
        definition["Label"].AddAnnotation("KeyValues", ((string[])["a", "b"]).Select(name => name.AsMemory()).ToArray(),
            new VectorDataViewType(TextDataViewType.Instance, 2));

        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(_context.Data.LoadFromEnumerable(rows, definition));

        Assert.Equal(2 / 3.0, metrics.MicroAccuracy, 12);
    }

    [Fact]
    public void VBufferEditor_ReusedBuffer_KeepsItsOldValues()
    {
        var buffer = new VBuffer<float>(3, [1, 2, 3]);

        VBufferEditor<float> editor = VBufferEditor.Create(ref buffer, 3);

        Assert.Equal([1f, 2, 3], editor.Values.ToArray());
    }

    private IDataView AddMapped(IEnumerable<NumberRow> rows, Action<NumberRow, MappedRow> map)
    {
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        return _context.Transforms.CustomMapping(map, contractName: null).Fit(data).Transform(data);
    }

    private static NumberRow[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => new NumberRow { Number = i, Text = $"{i}" })];

    private static IEnumerable<NumberRow> Deferred(Func<IEnumerable<NumberRow>> source)
    {
        foreach (NumberRow row in source())
            yield return row;
    }

    private static Dictionary<float, DataViewRowId> ReadIds(IDataView data, Random? random)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema["Number"]], random);
        ValueGetter<float> getNumber = cursor.GetGetter<float>(data.Schema["Number"]);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        var ids = new Dictionary<float, DataViewRowId>();
        while (cursor.MoveNext())
        {
            float number = 0;
            DataViewRowId id = default;
            getNumber(ref number);
            getId(ref id);
            ids.Add(number, id);
        }

        return ids;
    }

    private static void Drain(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        using (cursor)
        {
            ValueGetter<float> getter = cursor.GetGetter<float>(column);
            for (float value = 0; cursor.MoveNext();)
                getter(ref value);
        }
    }

    private sealed class NumberRow
    {
        public float Number { get; set; }

        public string? Text { get; set; }
    }

    private sealed class MappedRow
    {
        public float Mapped { get; set; }
    }

    private sealed class ScoredRow
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[]? Score { get; set; }

        public float PredictedLabel { get; set; }
    }
}
