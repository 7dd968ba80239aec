using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class CalibratedScoringTests
{
    private static readonly ClassificationTask[] Tasks = [ClassificationTask.FromScores("A", ["a", "b"]), ClassificationTask.FromScores("B", ["c", "d", "e"])];

    [Fact]
    public void Score_CalibratedTasks_IsOneSoftmaxOverTemperedScores()
    {
        ClassificationTask[] tasks = [Tasks[0].With(new TaskCalibration(2, 0.5f)), Tasks[1].With(new TaskCalibration(0.5f, -1))];
        (float[] joint, float[] perTask) = Score(tasks, JointScoring.Calibrated, [1, 3, 0.5f, -1, 0.25f]);

        double[] exponentials = [.. new[] { 1 / 2.0 + 0.5, 3 / 2.0 + 0.5, 0.5 / 0.5 - 1, -1 / 0.5 - 1, 0.25 / 0.5 - 1 }.Select(Math.Exp)];
        Assert.All(Enumerable.Range(0, 5), c => Assert.Equal(exponentials[c] / exponentials.Sum(), joint[c], 1e-6));
        Assert.Equal(Math.Exp(1) / (Math.Exp(1) + Math.Exp(3)), perTask[0], 1e-6);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Score_TaskWithoutCalibration_IsThatOfSoftmax(bool first, bool second)
    {
        ClassificationTask[] tasks = [first ? Tasks[0].With(new TaskCalibration(2, 1)) : Tasks[0], second ? Tasks[1].With(new TaskCalibration(2, 1))
            : Tasks[1]];
        float[] scores = [1, 3, 0.5f, -1, 0.25f];

        Assert.Equal(Score(Tasks, JointScoring.Softmax, scores).Joint, Score(tasks, JointScoring.Calibrated, scores).Joint);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(1, float.NaN)]
    public void With_UnfitCalibration_IsRefused(float temperature, float offset) =>
        Assert.Contains("'A'", Assert.Throws<ArgumentOutOfRangeException>(() => Tasks[0].With(new TaskCalibration(temperature, offset))).Message);

    [Fact]
    public void Of_LouderTask_WinsNoMoreThanBefore()
    {
        (float[] a, float[] b) = Outputs(200);
        JointScores scores = JointScores.Of(Tasks, [a, b]), louder = JointScores.Of(Tasks, [a, [.. b.Select(value => 8 * value + 100)]]);

        Assert.Equal(Enumerable.Range(0, 200).Select(image => scores.Winner(image)), Enumerable.Range(0, 200).Select(image => louder.Winner(image)));
    }

    [Fact]
    public void Of_Probabilities_AreThoseOfTheScorer()
    {
        (float[] a, float[] b) = Outputs(50);
        JointScores scores = JointScores.Of(Tasks, [a, b]);
        for (int i = 0; i < 50; i++)
        {
            (float[] joint, _) = Score(scores.Tasks, JointScoring.Calibrated, [.. a.AsSpan(2 * i, 2), .. b.AsSpan(3 * i, 3)]);
            Assert.All(Enumerable.Range(0, 5), c => Assert.Equal(joint[c], scores.Probability(i, c), 1e-5));
            Assert.Equal(Array.IndexOf(joint, joint.Max()), scores.Winner(i));
        }
    }

    [Fact]
    public void Compare_SameOutputs_LoseNothing()
    {
        (float[] a, float[] b) = Outputs(100);
        TaskComparison comparison = TaskComparison.Of(new TaskOutputs(Tasks, [a, b], [a, b]));

        Assert.Equal(0, comparison.Loss);
        Assert.Equal(100, comparison.Reports.Sum(task => task.Images));
        Assert.All(comparison.Reports, task => Assert.Equal((1, 0), (task.Agreement, task.Loss)));
    }

    [Fact]
    public void Compare_OneTaskGuesses_LosesAtMostWhereItDisagrees()
    {
        (float[] a, float[] b) = Outputs(400);
        (float[] other, _) = Outputs(400, seed: 9);
        TaskComparison comparison = TaskComparison.Of(new TaskOutputs(Tasks, [a, b], [other, b]));

        Assert.InRange(comparison.Reports[0].Agreement, 0.3, 0.7);
        Assert.InRange(comparison.Reports[0].Loss, 0.1, 1 - comparison.Reports[0].Agreement);
        Assert.Equal((1, 0), (comparison.Reports[1].Agreement, comparison.Reports[1].Loss));
    }

    [Fact]
    public void Compare_HoldsOut_CountsOnlyImagesThatAreHeldOut()
    {
        (float[] a, float[] b) = Outputs(400);
        float[] wrongElsewhere = [.. a.Select((value, i) => HeldOutImages.Contains(i / 2) ? value : -value)];
        TaskComparison comparison = TaskComparison.Of(new TaskOutputs(Tasks, [a, b], [wrongElsewhere, b]).Thin(holdsOut: true));

        Assert.Equal(50, comparison.ImageCount);
        Assert.Equal(1, comparison.Reports[0].Agreement);
    }

    [Fact]
    public void Thin_ManyValues_KeepsAnEvenSelection()
    {
        ClassificationTask[] wide = [ClassificationTask.FromScores("A", [.. Enumerable.Range(0, 1 << 17).Select(c => $"{c}")])];
        float[] values = new float[200 << 17];
        for (int image = 0; image < 200; image++)
            values[image << 17] = image;

        TaskOutputs thin = new TaskOutputs(wide, [values], [values]).Thin(holdsOut: true);

        Assert.Equal(128, thin.ImageCount);
        Assert.InRange(thin.Compared!.Count, 8, 24);
        Assert.All(thin.Compared, place => Assert.True(HeldOutImages.Contains((int)thin.Members[0][place << 17])));
    }

    private static (float[] A, float[] B) Outputs(int images, int seed = 3)
    {
        var random = new Random(seed);
        return ([.. Enumerable.Range(0, 2 * images).Select(_ => 4 * random.NextSingle())],
            [.. Enumerable.Range(0, 3 * images).Select(_ => 4 * random.NextSingle())]);
    }

    /// <summary>Scores of a network whose outputs are its input.</summary>
    private static (float[] Joint, float[] PerTask) Score(IReadOnlyList<ClassificationTask> tasks, JointScoring scoring, float[] scores)
    {
        var input = new Node("input", new Input(5, 1, 1));
        var flat = new Node("flat", new Flatten(), input);
        var network = new Network(new Head("A", Pick("a", 0, 2)), new Head("B", Pick("b", 2, 3)));
        using INetworkSession session = new CpuEngine().CreateSession(network);
        session.Run(scores, 1);
        float[] joint = new float[5], perTask = new float[5];
        new TaskScorer(network, tasks, scoring).Score(session, 0, joint, perTask);
        return (joint, perTask);

        Node Pick(string name, int first, int count)
        {
            var weight = new Tensor(count, 5);
            for (int i = 0; i < count; i++)
                weight.Span[i * 5 + first + i] = 1;
            return new Node(name, new Linear(weight), flat);
        }
    }
}
