using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.DataViews;

public class DataOperationsTests
{
    private readonly MLContext _context = new(seed: 3);

    [Fact]
    public void TakeAndSkipRows_Counts_CutTheRows()
    {
        IDataView data = Numbers(10);
        Assert.Equal([0f, 1, 2], Values(_context.Data.TakeRows(data, 3)));
        Assert.Equal([8f, 9], Values(_context.Data.SkipRows(data, 8)));
        Assert.Empty(Values(_context.Data.SkipRows(data, 20)));
        Assert.Equal(3, _context.Data.TakeRows(data, 3).GetRowCount());
        Assert.Equal(0, _context.Data.SkipRows(data, 20).GetRowCount());
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.TakeRows(data, -1));
    }

    [Fact]
    public void ShuffleRows_AnyPool_KeepsEachRowOnceAndItsId()
    {
        IDataView data = Numbers(500);
        Dictionary<float, DataViewRowId> ids = Ids(data);
        foreach (int pool in new[] { 1, 7, 1000 })
        {
            IDataView shuffled = _context.Data.ShuffleRows(data, seed: 5, shufflePoolSize: pool);
            float[] values = [.. Values(shuffled)];
            Assert.Equal(Enumerable.Range(0, 500).Select(i => (float)i), values.Order());
            Assert.Equal(values, Values(shuffled));
            Assert.Equal(pool == 1, values.SequenceEqual(values.Order()));
            Assert.Equal(ids.OrderBy(pair => pair.Key), Ids(shuffled).OrderBy(pair => pair.Key));
        }
        Assert.NotEqual(Values(_context.Data.ShuffleRows(data, seed: 1)), Values(_context.Data.ShuffleRows(data, seed: 2)));
    }

    [Fact]
    public void Cache_SecondPass_DoesNotReadTheSource()
    {
        int reads = 0;
        IEnumerable<Row> Source()
        {
            for (int i = 0; i < 600; i++)
            {
                reads++;
                yield return new Row { Value = i, Name = $"{i}" };
            }
        }
        IDataView cached = _context.Data.Cache(_context.Data.LoadFromEnumerable(Source()));
        Assert.Equal(0, reads);
        Assert.Equal(600, Values(cached).Count());
        Assert.Equal(600, Values(cached).Count());
        Assert.Equal(600, reads);
        Assert.Equal(600, cached.GetRowCount());
        Assert.Equal("599", cached.GetColumn<string>("Name").Last());
        Assert.Equal(1200, reads);

        Assert.True(cached.CanShuffle);
        using DataViewRowCursor cursor = cached.GetRowCursor([cached.Schema["Value"]], new Random(1));
        ValueGetter<float> getter = cursor.GetGetter<float>(cached.Schema["Value"]);
        var values = new List<float>();
        for (float value = 0; cursor.MoveNext(); values.Add(value))
            getter(ref value);
        Assert.NotEqual(values.Order(), values);
        Assert.Equal(600, values.Distinct().Count());
    }

    [Fact]
    public void FilterRows_Bounds_KeepWhatLiesWithin()
    {
        IDataView data = Numbers(10);
        Assert.Equal([3f, 4], Values(_context.Data.FilterRowsByColumn(data, "Value", 3, 5)));
        Assert.Equal([0f, 1, 2, 3, 4], Values(_context.Data.FilterRowsByKeyColumnFraction(data, "Key", 0, 0.5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.FilterRowsByColumn(data, "Name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.FilterRowsByColumn(data, "Nothing"));

        IDataView gaps = _context.Data.LoadFromEnumerable(new[] { new Row { Value = 1, Key = 1 }, new Row { Value = float.NaN, Key = 1 }, new Row { Value = 3, Key = 99 } });
        Assert.Equal([1f, 3], Values(_context.Data.FilterRowsByMissingValues(gaps, "Value")));
        Assert.Equal([1f], Values(_context.Data.FilterRowsByMissingValues(gaps, "Value", "Key")));
        Assert.Equal([1f, 3], Values(_context.Data.FilterRowsByColumn(gaps, "Value")));
    }

    [Fact]
    public void TrainTestSplit_AnySeed_SplitsCompletelyAndRepeatably()
    {
        IDataView data = Numbers(2000);
        DataOperationsCatalog.TrainTestData split = _context.Data.TrainTestSplit(data, testFraction: 0.3, seed: 4);
        float[] train = [.. Values(split.TrainSet)];
        float[] test = [.. Values(split.TestSet)];
        Assert.Equal(2000, train.Concat(test).Distinct().Count());
        Assert.InRange(test.Length, 500, 700);
        Assert.Equal(test, Values(_context.Data.TrainTestSplit(data, testFraction: 0.3, seed: 4).TestSet));
        Assert.NotEqual(test, Values(_context.Data.TrainTestSplit(data, testFraction: 0.3, seed: 5).TestSet));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.TrainTestSplit(data, testFraction: 1));
    }

    [Fact]
    public void TrainTestSplit_SamplingKey_KeepsItsRowsTogether()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 1000).Select(i => new Row { Value = i, Name = $"{i % 50}" }));
        DataOperationsCatalog.TrainTestData split = _context.Data.TrainTestSplit(data, 0.4, samplingKeyColumnName: "Name");
        string[] train = [.. split.TrainSet.GetColumn<string>("Name").Distinct()];
        string[] test = [.. split.TestSet.GetColumn<string>("Name").Distinct()];
        Assert.Empty(train.Intersect(test));
        Assert.Equal(50, train.Length + test.Length);
        Assert.NotEmpty(test);
    }

    [Fact]
    public void Preview_Rows_AreThere()
    {
        DataDebuggerPreview preview = Numbers(10).Preview(maxRows: 4);
        Assert.Equal((4, 3), (preview.RowView.Length, preview.ColumnView.Length));
        Assert.Equal(2f, preview.RowView[2].Values[0].Value);
        Assert.Equal([0f, 1f, 2f, 3f], preview.ColumnView[0].Values);
    }

    [Fact]
    public void GetColumn_Types_AreConverted()
    {
        IDataView data = Numbers(2);
        Assert.Equal(["0", "1"], data.GetColumn<string>("Name"));
        Assert.Equal(["0", "1"], data.GetColumn<ReadOnlyMemory<char>>(data.Schema["Name"]).Select(name => name.ToString()));
        Assert.Equal([1u, 2u], data.GetColumn<uint>("Key"));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.GetColumn<int>("Name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.GetColumn<int>("Nothing"));
    }

    private static IEnumerable<float> Values(IDataView data) => data.GetColumn<float>("Value");

    private static Dictionary<float, DataViewRowId> Ids(IDataView data)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema["Value"]]);
        ValueGetter<float> getValue = cursor.GetGetter<float>(data.Schema["Value"]);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        var ids = new Dictionary<float, DataViewRowId>();
        while (cursor.MoveNext())
        {
            float value = 0;
            DataViewRowId id = default;
            getValue(ref value);
            getId(ref id);
            ids.Add(value, id);
        }
        return ids;
    }

    private IDataView Numbers(int count) =>
        _context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i, Name = $"{i}", Key = (uint)i }).ToList());

    private sealed class Row
    {
        public float Value { get; set; }

        public string? Name { get; set; }

        [KeyType(10)]
        public uint Key { get; set; }
    }
}
