using Microsoft.ML;

namespace ZipIt.MLNet.Tests;

/// <summary>As long as a zipped model cannot be exported by ML.NET, the export is refused rather than written without the network.</summary>
public sealed class OnnxRefusalTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void ConvertToOnnx_ZippedModel_IsRefused() => AssertRefused(Samples.Zipped);

    [Fact]
    public void ConvertToOnnx_PipelineWithAZippedModel_IsRefused()
    {
        IDataView data = Samples.View(_context, 60);

        AssertRefused(_context.Transforms.CopyColumns("Copy", "Pixels")
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)).Fit(data));
        AssertRefused(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Append(_context.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
            .Append(_context.Transforms.CopyColumns("Copy", "Score")).Fit(data));
    }

    [Fact]
    public void ConvertToOnnx_PipelineFromImageFiles_IsRefused()
    {
        IDataView paths = _context.Data.LoadFromEnumerable([new { Path = "missing.png" }]);
        ITransformer model = _context.Transforms.LoadImages("Image", "", "Path")
            .Append(_context.Transforms.ResizeImages("Image", 8, 8))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Image"))
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier)).Fit(paths);
        using var stream = new MemoryStream();

        Assert.Throws<InvalidOperationException>(() => _context.Model.ConvertToOnnx(model, paths, stream));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void ConvertToOnnx_PipelineWithoutOne_IsWritten()
    {
        IDataView data = Samples.View(_context, 2);
        using var stream = new MemoryStream();

        _context.Model.ConvertToOnnx(_context.Transforms.CopyColumns("Copy", "Pixels").Fit(data), data, stream);

        Assert.True(stream.Length > 0);
    }

    private void AssertRefused(ITransformer model)
    {
        using var stream = new MemoryStream();

        string message = Assert.Throws<InvalidOperationException>(() => _context.Model.ConvertToOnnx(model, Samples.View(_context, 2), stream)).Message;

        Assert.Contains("can not be fully converted", message);
        Assert.Equal(0, stream.Length);
    }
}
