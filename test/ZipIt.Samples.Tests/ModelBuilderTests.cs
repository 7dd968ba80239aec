using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.ML;
using Microsoft.ML.Data;
using ModelBuilder;
using WebApi;
using ZipIt.MLNet;

namespace ZipIt.Samples.Tests;

/// <summary>Uses the generated class as a program would.</summary>
public sealed class ModelBuilderTests : IClassFixture<ModelBuilderTests.TrainedModel>
{
    private static readonly string ModelPath = Path.Combine(AppContext.BaseDirectory, "ZippedImages.mlnet");

    [Fact]
    public void Predict_ShippedImages_GivesSensibleLabels()
    {
        (string Label, byte[] File)[] images = ShippedImages.Load(perClass: 5);
        int joint = 0, own = 0;
        foreach ((string label, byte[] file) in images)
        {
            ZippedImages.ModelOutput output = ZippedImages.Predict(new ZippedImages.ModelInput { ImageSource = file });
            joint += output.PredictedLabel == label ? 1 : 0;
            own += output.PredictedLabelOfA == label || output.PredictedLabelOfB == label ? 1 : 0;
            Assert.Equal(1, output.ScoreOfA.Sum(), 1e-4);
            Assert.Equal(1, output.ScoreOfB.Sum(), 1e-4);
        }

        Assert.InRange(joint, 0.5 * images.Length, images.Length);
        Assert.InRange(own, 0.65 * images.Length, images.Length);
    }

    [Fact]
    public void PredictAllLabels_Image_SortsAllLabelsByProbability()
    {
        (_, byte[] file) = ShippedImages.Load(perClass: 1)[3];
        var input = new ZippedImages.ModelInput { ImageSource = file, Label = "horse" };
        ZippedImages.ModelOutput output = ZippedImages.Predict(input);

        KeyValuePair<string, float>[] labels = [.. ZippedImages.PredictAllLabels(input)];

        Assert.Equal(10, labels.Select(pair => pair.Key).Distinct().Count());
        Assert.Equal(output.Score.OrderDescending(), labels.Select(pair => pair.Value));
        Assert.Equal(1, labels.Sum(pair => pair.Value), 1e-4);
        Assert.Equal(output.PredictedLabel, labels[0].Key);
        Assert.Equal(9u, output.Label);
    }

    [Fact]
    public void Predict_DamagedImage_Throws() =>
        Assert.ThrowsAny<Exception>(() => ZippedImages.Predict(new ZippedImages.ModelInput { ImageSource = [1, 2, 3] }));

    [Fact]
    public void Evaluate_LoadedModel_AgreesWithTheEvaluatorOfMLNet()
    {
        var context = new MLContext();
        ITransformer model = context.Model.Load(ModelPath, out DataViewSchema schema);
        IDataView images = ZippedImages.LoadImageFromFolder(context, ShippedImages.Folder);

        ZipMetrics zipped = ZippedImages.Evaluate(context, images, model);
        MulticlassClassificationMetrics metrics = context.MulticlassClassification.Evaluate(model.Transform(images));

        Assert.Equal(["Label", "ImageSource"], schema.Select(column => column.Name));
        Assert.Equal(1000, zipped.NumberOfRows);
        Assert.Equal(metrics.MicroAccuracy, zipped.JointAccuracy, 1e-9);
        Assert.InRange(zipped.JointAccuracy, 0.74, 0.82);
        Assert.InRange(zipped.AverageAccuracy, 0.86, 0.92);
    }

    [Fact]
    public async Task WebApi_GivenThisModel_AnswersAsPredict()
    {
        (_, byte[] file) = ShippedImages.Load(perClass: 1)[6];
        ZippedImages.ModelOutput expected = ZippedImages.Predict(new ZippedImages.ModelInput { ImageSource = file });
        await using WebApplication app = WebApiProgram.Build("--urls=http://127.0.0.1:0", $"--Model:Path={ModelPath}", "--Logging:LogLevel:Default=Warning");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        HttpResponseMessage response = await client.PostAsync("predict", WebApiFixture.ImageContent(file));
        Classification? answer = await response.Content.ReadFromJsonAsync<Classification>();

        Assert.Equal(expected.PredictedLabel, answer!.Label);
        Assert.Equal(expected.Score, answer.Scores.Values);
        Assert.Equal([expected.PredictedLabelOfA, expected.PredictedLabelOfB], answer.Tasks.Select(task => task.Label));
        Assert.Equal([expected.ScoreOfA.Max(), expected.ScoreOfB.Max()], answer.Tasks.Select(task => task.Probability));
    }

    [Fact]
    public void CalculatePFI_ShippedImages_FindsTheMiddleMoreImportantThanTheCorners()
    {
        var context = new MLContext();
        ITransformer model = context.Model.Load(ModelPath, out _);
        IDataView images = ZippedImages.LoadImageFromFolder(context, ZippedImages.RetrainFilePath);

        Dictionary<string, double> loss = ZippedImages.CalculatePFI(context, images, model, "Label").ToDictionary(pair => pair.Item1, pair => pair.Item2);

        Assert.Equal(16, loss.Count);
        double middle = loss["row 2, column 2"] + loss["row 2, column 3"] + loss["row 3, column 2"] + loss["row 3, column 3"];
        double corners = loss["row 1, column 1"] + loss["row 1, column 4"] + loss["row 4, column 1"] + loss["row 4, column 4"];
        Assert.True(middle > corners, $"The middle loses {middle}, the corners {corners}.");
    }

    /// <summary>The model, made once where <see cref="ZippedImages"/> looks for it.</summary>
    public sealed class TrainedModel
    {
        public TrainedModel()
        {
            ZippedImages.Train(ModelPath);
        }
    }
}
