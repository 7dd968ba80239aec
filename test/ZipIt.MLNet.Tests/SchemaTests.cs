using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.MLNet.Tests;

public sealed class SchemaTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void OutputSchema_AddsLabelAndScoresOfAllTasksAndOfEach()
    {
        DataViewSchema input = Samples.View(_context, 1).Schema;
        DataViewSchema output = Samples.Zipped.GetOutputSchema(input);

        Assert.Equal(
            [.. input.Select(column => column.Name), "PredictedLabel", "Score", "animals.PredictedLabel", "animals.Score", "vehicles.PredictedLabel",
            "vehicles.Score"],
            output.Select(column => column.Name));
        Assert.Equal(new KeyDataViewType(typeof(uint), 5), output["PredictedLabel"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 5), output["Score"].Type);
        Assert.Equal(new KeyDataViewType(typeof(uint), 2), output["vehicles.PredictedLabel"].Type);
        Assert.Equal(["bird", "cat", "dog", "car", "ship"], ReadTexts(output["PredictedLabel"], "KeyValues"));
        Assert.Equal(["bird", "cat", "dog", "car", "ship"], ReadTexts(output["Score"], "SlotNames"));
        Assert.Equal(["car", "ship"], ReadTexts(output["vehicles.Score"], "TrainingLabelValues"));
        Assert.Equal("MulticlassClassification", ReadText(output["Score"], "ScoreColumnKind"));
        Assert.Equal("Score", ReadText(output["Score"], "ScoreValueKind"));
        Assert.Equal("PredictedLabel", ReadText(output["PredictedLabel"], "ScoreValueKind"));
    }

    [Fact]
    public void ScoreColumnSetId_AfterAnotherModel_GoesOn()
    {
        IDataView once = Samples.Zipped.Transform(Samples.View(_context, 1));
        DataViewSchema twice = Samples.Zipped.GetOutputSchema(once.Schema);

        Assert.Equal([1u, 1u, 2u, 2u, 3u, 3u, 4u, 4u, 5u, 5u, 6u, 6u], twice.Skip(3).Select(column =>
        {
            uint id = 0;
            column.Annotations.GetValue("ScoreColumnSetId", ref id);
            return id;
        }));
    }

    [Theory]
    [InlineData(192)]
    [InlineData(3, 8, 8)]
    [InlineData(1, 3, 8, 8)]
    public void PixelColumn_FlatOrPlanar_IsTaken(params int[] dimensions) => Samples.Zipped.GetOutputSchema(Schema(NumberDataViewType.Single, dimensions));

    [Theory]
    [InlineData(191)]
    [InlineData(8, 8, 3)]
    [InlineData(3, 4, 16)]
    [InlineData(0)]
    public void PixelColumn_OtherSize_IsRefusedByName(params int[] dimensions)
    {
        DataViewSchema schema = Schema(NumberDataViewType.Single, dimensions);

        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(schema));
        Assert.StartsWith("Schema mismatch for input column 'Pixels': expected Vector<Single, 3, 8, 8>, got ", failure.Message);
        Assert.Equal("inputSchema", failure.ParamName);
    }

    [Theory]
    [InlineData("interleavePixelColors: false", 8, 8, 3)]
    [InlineData("interleavePixelColors: false", 16, 16, 3)]
    [InlineData("colorsToExtract", 4, 8, 8)]
    [InlineData("imageWidth: 8, imageHeight: 8", 3, 16, 16)]
    public void PixelColumn_OtherPlanesOrOrder_GetsAdvice(string advice, params int[] dimensions) =>
        Assert.Contains(advice, Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(Schema(NumberDataViewType.Single, dimensions)))
            .Message);

    [Fact]
    public void PixelColumn_BytesOrImages_GetsAdvice()
    {
        DataViewSchema bytes = Schema(NumberDataViewType.Byte, 3, 8, 8);
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Pixels", new ImageDataViewType(8, 8));

        Assert.Contains("outputAsFloatArray: true", Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(bytes)).Message);
        Assert.Contains("ExtractPixels", Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(builder.ToSchema())).Message);
    }

    [Fact]
    public void Fit_PipelineThatDoesNotSuit_GetsAdviceBeforeAnImageIsRead()
    {
        IDataView paths = _context.Data.LoadFromEnumerable(new[] { new { Path = "missing.png" } });
        ImageResizingTransformer resize = _context.Transforms.LoadImages("Image", "", "Path").Append(_context.Transforms.ResizeImages("Image", 8, 8)).Fit(paths)
            .LastTransformer;
        IDataView images = resize.Transform(_context.Transforms.LoadImages("Image", "", "Path").Fit(paths).Transform(paths));
        ZipEstimator zip = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier);

        Assert.Contains("interleavePixelColors: false", Refuse(_context.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true).Append(zip)));
        Assert.Contains("outputAsFloatArray: true", Refuse(_context.Transforms.ExtractPixels("Pixels", "Image", outputAsFloatArray: false).Append(zip)));
        Assert.Contains("colorsToExtract",
            Refuse(_context.Transforms.ExtractPixels("Pixels", "Image", ImagePixelExtractingEstimator.ColorBits.Red).Append(zip)));
        Assert.Contains("ExtractPixels", Refuse(_context.Transforms.CopyColumns("Pixels", "Image").Append(zip)));

        string Refuse(IEstimator<ITransformer> pipeline) => Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Fit(images)).Message;
    }

    [Fact]
    public void PixelColumn_OtherType_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(Schema(NumberDataViewType.Double, 192)));

    [Fact]
    public void PixelColumn_Missing_IsRefusedByName()
    {
        DataViewSchema schema = new DataViewSchema.Builder().ToSchema();

        Assert.StartsWith("Could not find input column 'Pixels'",
            Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.GetOutputSchema(schema)).Message);
    }

    [Fact]
    public void Fit_ImagesOfAnotherSize_IsRefusedBeforeTheFirstIsRead()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Unreadable());

        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Zipped.Transform(data));
    }

    [Fact]
    public void Dependencies_OfScores_AreThePixels()
    {
        DataViewSchema input = Samples.View(_context, 1).Schema;
        IRowToRowMapper mapper = ((ITransformer)Samples.Zipped).GetRowToRowMapper(input);

        Assert.Equal(["Pixels"], mapper.GetDependencies([mapper.OutputSchema["Score"]]).Select(column => column.Name));
        Assert.Equal(["Class"], mapper.GetDependencies([mapper.OutputSchema["Class"]]).Select(column => column.Name));
    }

    private static DataViewSchema Schema(PrimitiveDataViewType item, params int[] dimensions)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Pixels", new VectorDataViewType(item, dimensions));
        return builder.ToSchema();
    }

    private static IEnumerable<WideRow> Unreadable()
    {
        yield return new WideRow();
        throw new InvalidOperationException("The rows were read.");
    }

    private static string[] ReadTexts(DataViewSchema.Column column, string kind)
    {
        VBuffer<ReadOnlyMemory<char>> texts = default;
        column.Annotations.GetValue(kind, ref texts);
        return [.. texts.DenseValues().Select(text => text.ToString())];
    }

    private static string ReadText(DataViewSchema.Column column, string kind)
    {
        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(kind, ref text);
        return text.ToString();
    }

    private sealed class WideRow
    {
        [VectorType(3, 16, 16)]
        public float[] Pixels { get; set; } = new float[768];
    }
}
