using ZipIt.Networks;

namespace ZipIt.Merging.Tests.Tasks;

public sealed class SharedLabelsTests
{
    private static readonly ClassificationTask First = ClassificationTask.FromScores("a", ["x", "y"]);
    private static readonly ClassificationTask Second = ClassificationTask.FromScores("b", ["z", "y"]);

    [Fact]
    public void Make_SharedClass_NeedsPermission()
    {
        Assert.Contains("'y'", Assert.Throws<ArgumentException>(() => TaskScorer.Check([First, Second], JointScoring.Softmax)).Message);
        TaskScorer.Check([First, Second], JointScoring.Softmax, sharedLabels: true);
    }

    [Fact]
    public void Score_SharedClass_IsTheMeanAndSumsToOne()
    {
        Network network = MakeNetwork();
        var scorer = new TaskScorer(network, [First, Second], sharedLabels: true);
        Assert.Equal(["x", "y", "z"], scorer.Labels);
        Assert.Equal([0, 1, 2, 1], scorer.JointClasses);
        (float[] joint, float[] perTask) = Score(network, scorer, [1, 0]);

        double y1 = 1 / (1 + Math.E);
        Assert.Equal([1 - y1, y1, 1 - y1, y1], perTask.Select(value => (double)value), (first, second) => Math.Abs(first - second) < 1e-6);
        double[] means = [1 - y1, y1, 1 - y1];
        Assert.Equal(means.Select(mean => mean / means.Sum()), joint.Select(value => (double)value), (first, second) => Math.Abs(first - second) < 1e-6);
    }

    [Fact]
    public void Evaluate_SharedClass_CountsForBothTasks()
    {
        Network network = MakeNetwork();
        var images = new InMemoryImages(new Tensor(new float[] { 1, 0, 0, 1, 0, 1 }, 3, 2, 1, 1), [0, 1, 2]);
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(network, [First, Second], images, new CpuEngine(), threads: 1, sharedLabels: true);

        Assert.Equal(3, evaluation.Images);
        Assert.Equal([1.0, 0.5], evaluation.TaskAccuracies);
    }

    /// <summary>Both outputs are the two pixels as they are.</summary>
    private static Network MakeNetwork()
    {
        var features = new Node("flat", new Flatten(), new Node("image", new Input(2, 1, 1)));
        Node Copy(string name) => new(name, new Linear(new Tensor(new float[] { 1, 0, 0, 1 }, 2, 2)), features);
        return new Network(new Head("a", Copy("first")), new Head("b", Copy("second")));
    }

    private static (float[] Joint, float[] PerTask) Score(Network network, TaskScorer scorer, float[] image)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1 });
        session.Run(image, 1);
        float[] joint = new float[scorer.ClassCount], perTask = new float[scorer.TaskClassCount];
        scorer.Score(session, 0, joint, perTask);
        return (joint, perTask);
    }
}
