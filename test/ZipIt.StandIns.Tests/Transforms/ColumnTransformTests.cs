using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ZipIt.StandIns.Tests.Models;

namespace ZipIt.StandIns.Tests.Transforms;

public class ColumnTransformTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void CopyColumns_Column_KeepsTypeValuesAndAnnotations()
    {
        IDataView result = FitTransformReload(_context.Transforms.CopyColumns("Copy", "Pair"));
        Assert.Equal("Vector<Single, 2>", result.Schema["Copy"].Type.ToString());
        Assert.Equal(result.GetColumn<float[]>("Pair"), result.GetColumn<float[]>("Copy"));
    }

    [Fact]
    public void Concatenate_ScalarsAndVectors_JoinsThemWithSlotNames()
    {
        IDataView result = FitTransformReload(_context.Transforms.Concatenate("All", "Number", "Pair", "Number"));
        Assert.Equal("Vector<Single, 4>", result.Schema["All"].Type.ToString());
        Assert.Equal([[1, 10, 11, 1], [2, 20, 21, 2], [1, 30, 31, 1], [float.NaN, 40, 41, float.NaN]], result.GetColumn<float[]>("All"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        result.Schema["All"].GetSlotNames(ref names);
        Assert.Equal(["Number", "", "", "Number"], names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void Concatenate_UnsuitableColumns_Throws()
    {
        AssertMismatch(_context.Transforms.Concatenate("All", "Number", "Missing"), "Missing");
        AssertMismatch(_context.Transforms.Concatenate("All", "Number", "Word"), "Word");
    }

    [Fact]
    public void SelectColumns_Names_AreKeptInTheirOrder()
    {
        IDataView result = FitTransformReload(_context.Transforms.SelectColumns("Word", "Number"));
        Assert.Equal(["Word", "Number"], result.Schema.Select(column => column.Name));
        Assert.Equal(["b", "a", "b", ""], result.GetColumn<string>("Word"));
        AssertMismatch(_context.Transforms.SelectColumns("Missing"), "Missing");

        IDataView dropped = FitTransformReload(_context.Transforms.DropColumns("Word", "Pair"));
        Assert.Equal(["Number", "Count"], dropped.Schema.Select(column => column.Name));
        AssertMismatch(_context.Transforms.DropColumns("Missing"), "Missing");
    }

    [Fact]
    public void SelectColumns_HiddenOnes_AreKeptOnRequest()
    {
        IEstimator<ITransformer> twice = _context.Transforms.CopyColumns("Number", "Number").Append(_context.Transforms.CopyColumns("Number", "Number"));
        Assert.Single(twice.Append(_context.Transforms.SelectColumns("Number")).Fit(Data()).Transform(Data()).Schema);
        Assert.Equal(3, twice.Append(_context.Transforms.SelectColumns(["Number"], keepHidden: true)).Fit(Data()).Transform(Data()).Schema.Count);
    }

    [Fact]
    public void MapValueToKey_Text_NumbersValuesByOccurrenceAndBack()
    {
        IDataView result = FitTransformReload(
            _context.Transforms.Conversion.MapValueToKey("Key", "Word").Append(_context.Transforms.Conversion.MapKeyToValue("Back", "Key")));
        Assert.Equal("Key<UInt32, 0-1>", result.Schema["Key"].Type.ToString());
        Assert.Equal([1u, 2, 1, 0], result.GetColumn<uint>("Key"));
        Assert.Equal(["b", "a", "b", ""], result.GetColumn<string>("Back"));
        Assert.True(result.Schema["Key"].HasKeyValues());
        VBuffer<ReadOnlyMemory<char>> values = default;
        result.Schema["Key"].GetKeyValues(ref values);
        Assert.Equal(["b", "a"], values.DenseValues().Select(value => value.ToString()));
    }

    [Fact]
    public void MapValueToKey_ByValueAndLimited_HeedsTheOptions()
    {
        Assert.Equal(
            [2u, 1, 2, 0],
            FitTransformReload(_context.Transforms.Conversion.MapValueToKey("Key", "Word", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)).GetColumn<uint>("Key"));
        Assert.Equal([1u, 0, 1, 0], FitTransformReload(_context.Transforms.Conversion.MapValueToKey("Key", "Word", maximumNumberOfKeys: 1)).GetColumn<uint>("Key"));
    }

    [Fact]
    public void MapValueToKey_Numbers_MapsAndRestoresThem()
    {
        IDataView result = FitTransformReload(
            _context.Transforms.Conversion.MapValueToKey("Key", "Number").Append(_context.Transforms.Conversion.MapKeyToValue("Back", "Key")));
        Assert.Equal([1u, 2, 1, 0], result.GetColumn<uint>("Key"));
        Assert.Equal([1f, 2, 1, float.NaN], result.GetColumn<float>("Back"));
        Assert.False(result.Schema["Key"].HasKeyValues());
        Assert.True(result.Schema["Key"].HasKeyValues(NumberDataViewType.Single));

        IDataView text = FitTransformReload(_context.Transforms.Conversion.MapValueToKey("Key", "Number", addKeyValueAnnotationsAsText: true));
        Assert.True(text.Schema["Key"].HasKeyValues());
    }

    [Fact]
    public void MapValueToKey_Vectors_MapsItems()
    {
        IDataView result = FitTransformReload(
            _context.Transforms.Conversion.MapValueToKey("Keys", "Pair", maximumNumberOfKeys: 3).Append(_context.Transforms.Conversion.MapKeyToValue("Back", "Keys")));
        Assert.Equal("Vector<Key<UInt32, 0-2>, 2>", result.Schema["Keys"].Type.ToString());
        Assert.Equal([[1, 2], [3, 0], [0, 0], [0, 0]], result.GetColumn<uint[]>("Keys").Select(keys => keys.Select(key => (int)key).ToArray()));
        Assert.Equal([20, float.NaN], result.GetColumn<float[]>("Back").ElementAt(1));
    }

    [Fact]
    public void MapValueToKey_KeyData_GivesTheOrder()
    {
        IDataView keys = _context.Data.LoadFromEnumerable(new[] { "x", "a", "b" }.Select(word => new WordRow { Word = word }));
        Assert.Equal([3u, 2, 3, 0], FitTransformReload(_context.Transforms.Conversion.MapValueToKey("Key", "Word", keyData: keys)).GetColumn<uint>("Key"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.Conversion.MapValueToKey("Key", "Word", keyData: Data()));
    }

    [Fact]
    public void MapKeyToValue_NoKeyOrNoValues_Throws()
    {
        AssertMismatch(_context.Transforms.Conversion.MapKeyToValue("Back", "Number"), "Number");
        AssertMismatch(_context.Transforms.Conversion.MapKeyToValue("Back", "Count"), "Count");
    }

    [Fact]
    public void ConvertType_StandardConversions_Convert()
    {
        Assert.Equal(["1", "2", "1", "NaN"], Converted<string>("Number", DataKind.String));
        Assert.Equal([true, true, true, false], Converted<bool>("Number", DataKind.Boolean));
        Assert.Equal([1.0, 2, 1, double.NaN], Converted<double>("Number", DataKind.Double));
        Assert.Equal([float.NaN, float.NaN, float.NaN, 0], Converted<float>("Word", DataKind.Single));
        IDataView keys = FitTransformReload(_context.Transforms.Conversion.ConvertType("Out", "Count", DataKind.UInt64));
        Assert.Equal("Key<UInt64, 0-3>", keys.Schema["Out"].Type.ToString());
        Assert.Equal([1UL, 2, 3, 4], keys.GetColumn<ulong>("Out"));
        Assert.Equal([["10", "11"], ["20", "21"], ["30", "31"], ["40", "41"]], Converted<string[]>("Pair", DataKind.String));
        Assert.Throws<ArgumentOutOfRangeException>(() => Converted<int>("Number", DataKind.Int32));
        Assert.Throws<ArgumentOutOfRangeException>(() => Converted<float>("Count", DataKind.Single));
        AssertMismatch(_context.Transforms.Conversion.ConvertType("Out", "Missing"), "Missing");
    }

    private IEnumerable<T> Converted<T>(string column, DataKind kind) =>
        FitTransformReload(_context.Transforms.Conversion.ConvertType("Out", column, kind)).GetColumn<T>("Out");

    // What is learnt must survive being stored, and promise the columns that it gives.
    private IDataView FitTransformReload(IEstimator<ITransformer> estimator)
    {
        IDataView data = Data();
        ITransformer model = estimator.Fit(data);
        ITransformer loaded = SavedModel.Load(SavedModel.Save(_context, model, data.Schema), out _);
        IDataView result = loaded.Transform(data);
        SchemaShape promised = estimator.GetOutputSchema(SchemaShape.Create(data.Schema));
        SchemaShape given = SchemaShape.Create(result.Schema);
        Assert.Equal(
            given.Select(column => $"{column.Name} {column.GetTypeString()} {Kinds(column)}").Order(), promised.Select(column => $"{column.Name} {column.GetTypeString()} {Kinds(column)}").Order());
        Assert.Equal(model.Transform(data).Schema.ToString(), result.Schema.ToString());
        return result;
    }

    private static string Kinds(SchemaShape.Column column) => string.Join(",", column.Annotations.Select(annotation => $"{annotation.Name}:{annotation.GetTypeString()}").Order());

    private void AssertMismatch(IEstimator<ITransformer> estimator, string column)
    {
        Assert.Contains(column, Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Data())).Message);
        Assert.Contains(column, Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(SchemaShape.Create(Data().Schema))).Message);
    }

    private IDataView Data() => _context.Data.LoadFromEnumerable(new List<Row>
    {
        new() { Number = 1, Pair = [10, 11], Word = "b", Count = 0 },
        new() { Number = 2, Pair = [20, 21], Word = "a", Count = 1 },
        new() { Number = 1, Pair = [30, 31], Word = "b", Count = 2 },
        new() { Number = float.NaN, Pair = [40, 41], Word = "", Count = 3 },
    });

    private sealed class Row
    {
        public float Number { get; set; }

        [VectorType(2)]
        public float[]? Pair { get; set; }

        public string? Word { get; set; }

        [KeyType(4)]
        public uint Count { get; set; }
    }

    private sealed class WordRow
    {
        public string? Word { get; set; }
    }
}
