using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("standins").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SaveAndLoad_ImageChain_GivesSamePixels()
    {
        var context = new MLContext(seed: 1);
        ImagePath[] rows = [.. Enumerable.Range(0, 200).Select(i => new ImagePath { Path = WriteImage(i), Label = $"{i}" })];
        IDataView data = context.Data.LoadFromEnumerable(rows);
        var pipeline = context.Transforms.LoadImages("Image", _folder, "Path")
            .Append(context.Transforms.ResizeImages("Image", 4, 4))
            .Append(context.Transforms.ExtractPixels("Pixels", "Image"));

        ITransformer model = pipeline.Fit(data);
        string file = Path.Combine(_folder, "model.zip");
        context.Model.Save(model, data.Schema, file);
        ITransformer loaded = new MLContext().Model.Load(file, out DataViewSchema schema);

        Assert.Equal("2 columns: {Path, Label}", schema.ToString());
        Pixels[] expected = [.. context.Data.CreateEnumerable<Pixels>(model.Transform(data), reuseRowObject: false)];
        Pixels[] actual = [.. context.Data.CreateEnumerable<Pixels>(loaded.Transform(data), reuseRowObject: false)];
        Assert.Equal(rows.Select(row => row.Label), actual.Select(row => row.Label));
        Assert.Equal(expected.Select(row => row.Values), actual.Select(row => row.Values));
        Assert.Equal([0f, 1f], expected[1].Values![..2]);

        using var engine = context.Model.CreatePredictionEngine<ImagePath, Pixels>(loaded);
        Assert.Equal(expected[7].Values, engine.Predict(rows[7]).Values);
    }

    private string WriteImage(int number)
    {
        byte[] pixels = [.. Enumerable.Range(0, 64).Select(i => (byte)(i % 4 == 3 ? 255 : (i / 4) * number))];
        string name = $"{number}.png";
        using MLImage image = MLImage.CreateFromPixels(4, 4, MLPixelFormat.Rgba32, pixels);
        image.Save(Path.Combine(_folder, name));
        return name;
    }

    private sealed class ImagePath
    {
        public string? Path { get; set; }

        public string? Label { get; set; }
    }

    private sealed class Pixels
    {
        public string? Label { get; set; }

        [ColumnName("Pixels")]
        public float[]? Values { get; set; }
    }
}
