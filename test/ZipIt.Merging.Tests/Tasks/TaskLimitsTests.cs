using ZipIt.Networks;

namespace ZipIt.Merging.Tests.Tasks;

public sealed class TaskLimitsTests
{
    [Fact]
    public void Make_ManyTasks_TakesMemoryInProportion()
    {
        ClassificationTask[] tasks = [.. Enumerable.Range(0, TaskScorer.MaximumTasks).Select(t => ClassificationTask.FromScores($"t{t}", [$"c{t}"]))];
        var features = new Node("flat", new Flatten(), new Node("image", new Input(1, 1, 1)));
        var network = new Network([.. tasks.Select(task => new Head(task.Name, new Node(task.Name, new ReLU(), features)))]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(TaskScorer.MaximumTasks, new TaskScorer(network, tasks).ClassCount);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * TaskScorer.MaximumTasks);
    }

    [Fact]
    public void Check_MoreTasksOrClassesThanAllowed_IsRefused()
    {
        ClassificationTask[] tasks = [.. Enumerable.Range(0, TaskScorer.MaximumTasks + 1).Select(t => ClassificationTask.FromScores($"t{t}", [$"c{t}"]))];
        Assert.Contains("1024 tasks", Assert.Throws<ArgumentException>(() => TaskScorer.Check(tasks, JointScoring.Softmax)).Message);

        var large = ClassificationTask.FromScores("t", [.. Enumerable.Range(0, TaskScorer.MaximumClasses + 1).Select(c => $"{c}")]);
        Assert.Contains("classes", Assert.Throws<ArgumentException>(() => TaskScorer.Check([large], JointScoring.Softmax)).Message);
    }

    [Fact]
    public void FromScores_LongNameOrLabel_IsRefusedInAShortMessage()
    {
        string name = new('x', 1_000_000);
        Assert.InRange(Assert.Throws<ArgumentException>(() => ClassificationTask.FromScores(name, ["c"])).Message.Length, 1, 500);
        Assert.InRange(Assert.Throws<ArgumentException>(() => ClassificationTask.FromScores("t", ["c", name])).Message.Length, 1, 500);
    }
}
