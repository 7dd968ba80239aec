using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Tables;
using Reproduction.Training;
using ZipIt.MLNet;

namespace Reproduction.DataSets;

/// <summary>Tasks whose classifiers are merged, some or all together.</summary>
/// <param name="tasks">The tasks; no class has the name of another.</param>
/// <param name="classifiers">Gives the classifier of a plan.</param>
/// <param name="settings">Numbers of images.</param>
internal sealed class TaskGroup(IReadOnlyList<TaskPlan> tasks, Func<ClassifierPlan, ZipClassifier> classifiers, ExperimentSettings settings)
{
    /// <summary>The tasks.</summary>
    public IReadOnlyList<TaskPlan> Tasks => tasks;

    /// <summary>The numbers of the tasks of each pair.</summary>
    public IReadOnlyList<int[]> Pairs { get; } =
        [.. Enumerable.Range(0, tasks.Count).SelectMany(first => Enumerable.Range(first + 1, tasks.Count - first - 1).Select(second => new[] { first, second }))];

    /// <summary>The numbers of all tasks.</summary>
    public int[] All { get; } = [.. Enumerable.Range(0, tasks.Count)];

    /// <summary>Makes the classifiers that are not there.</summary>
    /// <param name="cancellation">Ends the work between two of them.</param>
    public void Prepare(CancellationToken cancellation)
    {
        foreach (TaskPlan task in tasks)
        {
            cancellation.ThrowIfCancellationRequested();
            _ = classifiers(task.Classifier);
        }
    }

    /// <summary>Some of the tasks: calibrated with as many images of each, in random order.</summary>
    /// <param name="numbers">Their numbers.</param>
    /// <param name="cancellation">Ends passes over the images.</param>
    public MergeCase Get(IReadOnlyList<int> numbers, CancellationToken cancellation)
    {
        TaskPlan[] own = [.. numbers.Select(number => tasks[number])];
        int share = Math.Max(1, settings.CalibrationImages / own.Length);
        return new MergeCase(
            string.Join(" + ", own.Select(task => task.Data.Name)),
            [.. own.Select(task => classifiers(task.Classifier))],
            new MixedImages([.. own.Select(task => task.Data.Training.Take(share))]).Shuffle(seed: 1).ToSource(cancellation),
            new MixedImages([.. own.Select(task => task.Data.Test.Take(settings.TestImages))]).ToSource(cancellation));
    }
}
