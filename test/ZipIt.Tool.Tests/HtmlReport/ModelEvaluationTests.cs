using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class ModelEvaluationTests
{
    [Fact]
    public void Of_EvaluationOfOneOfSeveralModels_CountsForeignImagesAsWrong()
    {
        var evaluation = new ZipEvaluation(10, 0.8, [0.8], new Matrix(2, 2, [5, 0, 2, 3]));
        Network network = SampleReports.CreateNetwork(1, outputs: 2);
        ClassificationTask[] tasks = [ClassificationTask.FromScores("t", ["x", "y"])];
        ModelEvaluation model = ModelEvaluation.Of("m", network, tasks, ["x", "y"], evaluation, images: 20);
        Assert.Equal(0.4, model.JointAccuracy, 12);
        Assert.Equal(20, model.Images);
        TaskAccuracy task = Assert.Single(model.Tasks);
        Assert.Equal((10L, 0.8), (task.Images, task.Accuracy));
        Assert.Equal(NetworkCost.Of(network), model.Cost);
    }

    [Fact]
    public void AverageAccuracy_TaskWithoutImages_DoesNotCount()
    {
        ModelEvaluation model = SampleReports.CreateEvaluation("m", ["a", "b"]) with
        {
            Tasks = [new TaskAccuracy("s", ["a"], 10, 0.5), new TaskAccuracy("t", ["b"], 0, double.NaN)],
        };
        Assert.Equal(0.5, model.AverageAccuracy);
    }
}
