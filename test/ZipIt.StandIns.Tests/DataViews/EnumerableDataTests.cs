using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.StandIns.Tests.DataViews;

public class EnumerableDataTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Schema_Members_BecomeColumnsFieldsFirst()
    {
        IDataView data = _context.Data.LoadFromEnumerable(new List<AllTypes>());
        Assert.Equal(
            [
                "Field: Single", "Renamed: Boolean", "Text: String", "Memory: String", "Floats: Vector<Single>", "Image: Vector<Single, 3, 2, 2>",
                "Words: Vector<String, 2>", "Buffer: Vector<Double>", "Key: Key<UInt32, 0-4>", "Keys: Vector<Key<Byte, 0-2>, 2>", "Date: DateTime",
                "Offset: DateTimeOffset", "Span: TimeSpan", "Id: DataViewRowId", "Picture: Image<4, 5>",
            ],
            data.Schema.Select(column => column.ToString()));
    }

    [Fact]
    public void Schema_UnsuitableMembers_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithNullable>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithObject>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithUncountedKey>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithUnsizedImage>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithVectorScalar>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromEnumerable(new List<WithTwins>()));
    }

    [Fact]
    public void CreateEnumerable_RoundTrip_GivesTheValues()
    {
        var date = new DateTime(2024, 2, 29);
        AllTypes row = new()
        {
            Field = 1.5f, Flag = true, Text = "text", Memory = "memory".AsMemory(), Floats = [1, 2], Image = new float[12], Words = ["a", null!],
            Buffer = new VBuffer<double>(4, 1, [7], [2]), Key = 2, Keys = [0, 2], Date = date, Offset = new(date, TimeSpan.FromHours(2)),
            Span = TimeSpan.FromSeconds(3), Id = new(4, 5),
        };
        IDataView data = _context.Data.LoadFromEnumerable([row]);

        AllTypes read = _context.Data.CreateEnumerable<AllTypes>(data, reuseRowObject: false).Single();

        Assert.Equal((1.5f, true, "text", "memory"), (read.Field, read.Flag, read.Text, read.Memory.ToString()));
        Assert.Equal([1f, 2], read.Floats!);
        Assert.Equal(["a", ""], read.Words!);
        Assert.Equal([0.0, 0, 7, 0], read.Buffer.DenseValues());
        Assert.False(read.Buffer.IsDense);
        Assert.Equal((date, new DateTimeOffset(date, TimeSpan.FromHours(2)), TimeSpan.FromSeconds(3)), (read.Date, read.Offset, read.Span));
        Assert.Equal(new DataViewRowId(4, 5), read.Id);

        // Single keys count from 0 where they are read and are raw where they are written; those in vectors are raw both ways.
        Assert.Equal(3u, read.Key);
        Assert.Equal([0, 2], read.Keys!.Select(key => (int)key));
    }

    [Fact]
    public void GetGetter_KeyBeyondTheCount_IsMissing()
    {
        IDataView data = _context.Data.LoadFromEnumerable(new uint[] { 0, 4, 5, uint.MaxValue }.Select(key => new KeyRow { Key = key }));
        Assert.Equal([1u, 5, 0, 0], data.GetColumn<uint>("Key"));
    }

    [Fact]
    public void GetRowCursor_Moving_CountsPositionsAndIds()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(3));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        Assert.Equal(-1, cursor.Position);
        var ids = new HashSet<DataViewRowId>();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(i, cursor.Position);
            DataViewRowId id = default;
            getId(ref id);
            Assert.True(ids.Add(id));
        }
        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.Equal(-1, cursor.Position);
    }

    [Fact]
    public void GetGetter_OutsideRows_Throws()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(1));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        ValueGetter<float> getter = cursor.GetGetter<float>(data.Schema["Value"]);
        float value = 0;
        Assert.Throws<NullReferenceException>(() => getter(ref value));
        while (cursor.MoveNext())
            getter(ref value);
        Assert.Throws<NullReferenceException>(() => getter(ref value));
    }

    [Fact]
    public void GetGetter_InactiveOrWrongType_Throws()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(1));
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema["Value"]]);
        Assert.True(cursor.IsColumnActive(data.Schema["Value"]));
        Assert.False(cursor.IsColumnActive(data.Schema["Label"]));
        Assert.Contains("requested column not active", Assert.Throws<ArgumentOutOfRangeException>(() => cursor.GetGetter<ReadOnlyMemory<char>>(data.Schema["Label"])).Message);
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<int>(data.Schema["Value"]));
    }

    [Fact]
    public void GetRowCursor_ColumnOfAnotherSchema_IsTakenByItsIndex()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(1));
        IDataView other = _context.Data.LoadFromEnumerable(new List<KeyRow>());
        using DataViewRowCursor cursor = data.GetRowCursor([other.Schema["Key"]]);
        Assert.True(cursor.IsColumnActive(data.Schema[0]));
    }

    [Fact]
    public void GetRowCursor_EachCursor_EnumeratesTheSourceAnew()
    {
        int enumerations = 0;
        IEnumerable<Row> Source()
        {
            enumerations++;
            yield return new Row();
        }
        IDataView data = _context.Data.LoadFromEnumerable(Source());
        Assert.Null(data.GetRowCount());
        Assert.False(data.CanShuffle);
        Assert.Equal(0, enumerations);
        Assert.Single(_context.Data.CreateEnumerable<Row>(data, reuseRowObject: false));
        Assert.Single(_context.Data.CreateEnumerable<Row>(data, reuseRowObject: false));
        Assert.Equal(2, enumerations);
        Assert.Equal(5, _context.Data.LoadFromEnumerable(Rows(5)).GetRowCount());
        Assert.Single(data.GetRowCursorSet(data.Schema, 4));
    }

    [Fact]
    public void MoveNext_NullRow_Throws()
    {
        IDataView data = _context.Data.LoadFromEnumerable(new Row[] { null! });
        Assert.Throws<InvalidOperationException>(() => _context.Data.CreateEnumerable<Row>(data, reuseRowObject: false).Count());
    }

    [Fact]
    public void CreateEnumerable_MissingOrWrongColumns_Throws()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(2));
        Assert.Throws<InvalidOperationException>(() => _context.Data.CreateEnumerable<KeyRow>(data, reuseRowObject: false).ToList());
        Assert.Equal(0u, _context.Data.CreateEnumerable<KeyRow>(data, reuseRowObject: false, ignoreMissingColumns: true).First().Key);
        Assert.Throws<InvalidOperationException>(() => _context.Data.CreateEnumerable<WrongRow>(data, reuseRowObject: false).ToList());
    }

    [Fact]
    public void CreateEnumerable_ReusedObject_IsTheSame()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(3));
        Assert.Single(_context.Data.CreateEnumerable<Row>(data, reuseRowObject: true).Distinct(ReferenceEqualityComparer.Instance));
        Assert.Equal(3, _context.Data.CreateEnumerable<Row>(data, reuseRowObject: false).Distinct(ReferenceEqualityComparer.Instance).Count());
    }

    [Fact]
    public void LoadFromEnumerable_SchemaDefinition_SetsTypesNamesAndAnnotations()
    {
        SchemaDefinition definition = SchemaDefinition.Create(typeof(AllTypes), SchemaDefinition.Direction.Read);
        definition["Floats"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 2);
        definition["Floats"].AddAnnotation("SlotNames", new[] { "x", "y" }, new VectorDataViewType(TextDataViewType.Instance, 2));
        definition["Field"].ColumnName = "Other";
        IDataView data = _context.Data.LoadFromEnumerable(new List<AllTypes>(), definition);
        Assert.NotNull(data.Schema.GetColumnOrNull("Other"));
        Assert.Equal("Vector<Single, 2>", data.Schema["Floats"].Type.ToString());
        Assert.True(data.Schema["Floats"].HasSlotNames());
        VBuffer<ReadOnlyMemory<char>> names = default;
        data.Schema["Floats"].GetSlotNames(ref names);
        Assert.Equal("x y", string.Join(" ", names.DenseValues()));

        Assert.Throws<InvalidOperationException>(() => _context.Data.LoadFromEnumerable(new List<AllTypes>(), data.Schema));
        definition["Other"].ColumnName = "Field";
        IDataView again = _context.Data.LoadFromEnumerable(new List<AllTypes>(), _context.Data.LoadFromEnumerable(new List<AllTypes>(), definition).Schema);
        Assert.Equal("Vector<Single, 2>", again.Schema["Floats"].Type.ToString());
        Assert.True(again.Schema["Floats"].HasSlotNames());
    }

    private static List<Row> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new Row { Value = i, Label = $"{i}" })];

    private sealed class Row
    {
        public float Value { get; set; }

        public string? Label { get; set; }

        [NoColumn]
        public object? Ignored { get; set; }
    }

    private sealed class WrongRow
    {
        public int Value { get; set; }
    }

    private sealed class KeyRow
    {
        [KeyType(5)]
        public uint Key { get; set; }
    }

    private sealed class WithNullable
    {
        public float? Value { get; set; }
    }

    private sealed class WithObject
    {
        public object? Value { get; set; }
    }

    private sealed class WithUncountedKey
    {
        [KeyType]
        public uint Value { get; set; }
    }

    private sealed class WithUnsizedImage
    {
        [ImageType]
        public MLImage? Value { get; set; }
    }

    private sealed class WithVectorScalar
    {
        [VectorType(3)]
        public float Value { get; set; }
    }

    private sealed class WithTwins
    {
        public float Value { get; set; }

        [ColumnName("Value")]
        public float Other { get; set; }
    }

    private sealed class AllTypes
    {
        public float Field;

        [ColumnName("Renamed")]
        public bool Flag { get; set; }

        public string? Text { get; set; }

        public ReadOnlyMemory<char> Memory { get; set; }

        public float[]? Floats { get; set; }

        [VectorType(3, 2, 2)]
        public float[]? Image { get; set; }

        [VectorType(2)]
        public string[]? Words { get; set; }

        public VBuffer<double> Buffer { get; set; }

        [KeyType(5)]
        public uint Key { get; set; }

        [KeyType(3)]
        [VectorType(2)]
        public byte[]? Keys { get; set; }

        public DateTime Date { get; set; }

        public DateTimeOffset Offset { get; set; }

        public TimeSpan Span { get; set; }

        public DataViewRowId Id { get; set; }

        [ImageType(4, 5)]
        public MLImage? Picture { get; set; }
    }
}
