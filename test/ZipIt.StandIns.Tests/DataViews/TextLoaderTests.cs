using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.DataViews;

public sealed class TextLoaderTests : IDisposable
{
    private readonly MLContext _context = new();
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void LoadFromTextFile_Class_ReadsItsColumns()
    {
        File.WriteAllText(_path, "Name,A,B,C,Class\n\"Smith, \"\"J\"\"\",1,2.5,,3\nplain,4,?,6,9\n\n// comment\n");
        IDataView data = _context.Data.LoadFromTextFile<Row>(_path, separatorChar: ',', hasHeader: true, allowQuoting: true);

        Assert.Equal(["Name: String", "Numbers: Vector<Single, 3> SlotNames", "Class: Key<UInt32, 0-4>"], data.Schema.Select(column => column.ToString()));
        Assert.Equal(["Smith, \"J\"", "plain"], data.GetColumn<string>("Name"));
        float[][] numbers = [.. data.GetColumn<float[]>("Numbers")];
        Assert.Equal([1f, 2.5f, 0f], numbers[0]);
        Assert.Equal([4f, float.NaN, 6f], numbers[1]);
        Assert.Equal([4u, 0u], data.GetColumn<uint>("Class"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        data.Schema["Numbers"].GetSlotNames(ref names);
        Assert.Equal("A B C", string.Join(" ", names.DenseValues()));
    }

    [Fact]
    public void LoadFromTextFile_Columns_ReadsThem()
    {
        File.WriteAllText(_path, " a \ttrue\t7\t8\n b\t0\t9\n");
        IDataView data = _context.Data.LoadFromTextFile(
            _path,
            [new("Text", DataKind.String, 0), new("Flag", DataKind.Boolean, 1), new("Rest", DataKind.Int64, [new TextLoader.Range(2, null)])],
            trimWhitespace: true);
        Assert.Equal(["a", "b"], data.GetColumn<string>("Text"));
        Assert.Equal([true, false], data.GetColumn<bool>("Flag"));
        Assert.Equal([[7, 8], [9, 0]], data.GetColumn<long[]>("Rest"));
    }

    [Fact]
    public void LoadFromTextFile_Options_AreHeeded()
    {
        File.WriteAllText(_path, "1,5;\"two\nlines\"\n;x\n3;y\n");
        var options = new TextLoader.Options
        {
            Columns = [new("Number", DataKind.Double, 0), new("Text", DataKind.String, 1)],
            Separators = [';'], DecimalMarker = ',', AllowQuoting = true, ReadMultilines = true, MissingRealsAsNaNs = true, MaxRows = 2,
        };
        IDataView data = _context.Data.LoadFromTextFile(_path, options);
        Assert.Equal([1.5, double.NaN], data.GetColumn<double>("Number"));
        Assert.Equal(["two\nlines", "x"], data.GetColumn<string>("Text"));
    }

    [Fact]
    public void Load_SeveralFiles_AreReadInTurn()
    {
        File.WriteAllText(_path, "head\n1\n2\n");
        TextLoader loader = _context.Data.CreateTextLoader([new("X", DataKind.Single, 0)], hasHeader: true);
        Assert.Equal([1f, 2, 1, 2], loader.Load(_path, _path).GetColumn<float>("X"));
    }

    [Fact]
    public void LoadFromTextFile_WrongUse_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Data.LoadFromTextFile<Row>("/no/such/file.csv"));
        Assert.Throws<InvalidOperationException>(() => _context.Data.LoadFromTextFile<TextLoaderTests>(_path));
        Assert.Throws<NotSupportedException>(() => _context.Data.LoadFromTextFile<Row>(_path, allowSparse: true));
    }

    private sealed class Row
    {
        [LoadColumn(0)]
        public string? Name { get; set; }

        [LoadColumn(1, 3)]
        public float[]? Numbers { get; set; }

        [LoadColumn(4)]
        [KeyType(5)]
        public uint Class { get; set; }
    }
}
