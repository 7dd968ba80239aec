using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// A whole pipeline, from image files to scores, as version 0.1 stored it: with our own implementation of ML.NET's part. What it saved is ML.NET's format.
/// </summary>
public sealed class StoredPipelineTests
{
    private const int EveryImage = 25;

    [Fact]
    public void Load_PipelineOfVersion01_GivesTheScoresOfThatTime()
    {
        var context = new MLContext();
        IDataView images = context.Data.LoadFromEnumerable(ListImages());

        ITransformer model = context.Model.Load(TestFiles.InTestData("zipped-model-0.1.zip"), out DataViewSchema schema);
        float[][] actual = [.. model.Transform(images).GetColumn<float[]>("Score")];

        Assert.Equal(["ImagePath"], schema.Select(column => column.Name));
        (float[][] expected, float tolerance) = ReadScores();
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, (a, b) => MathF.Abs(a - b) <= tolerance));
    }

    /// <summary>The scores were taken with vectors of 256 and of 128 bits; other processors and libraries round otherwise.</summary>
    private static (float[][] Scores, float Tolerance) ReadScores()
    {
        Dictionary<string, float[][]> scores =
            JsonSerializer.Deserialize<Dictionary<string, float[][]>>(File.ReadAllText(TestFiles.InTestData("zipped-model-0.1-scores.json")))!;
        bool isSameSystem = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && !Vector512.IsHardwareAccelerated;
        return (scores[Vector256.IsHardwareAccelerated ? "256" : "128"], isSameSystem ? 0 : 1e-6f);
    }

    private static IEnumerable<ImageRow> ListImages() =>
        Directory.GetFiles(Path.Combine(TestFiles.Root, "samples", "Quickstart", "data", "images", "test"), "*.png", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Where((_, i) => i % EveryImage == 0)
            .Select(file => new ImageRow { ImagePath = file });

    private sealed class ImageRow
    {
        public string? ImagePath { get; set; }
    }
}
