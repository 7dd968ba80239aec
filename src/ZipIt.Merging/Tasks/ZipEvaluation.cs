using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Accuracies of a multi-task network on labelled images, as fractions of 1.</summary>
/// <param name="Images">Number of labelled images.</param>
/// <param name="JointAccuracy">Share of images whose class wins among all classes of all tasks.</param>
/// <param name="TaskAccuracies">For each task the share of its own images whose class wins among the task's own classes; NaN for a task without images.</param>
/// <param name="JointConfusion">Number of images by true class (row) and winning class among all (column).</param>
public sealed record ZipEvaluation(long Images, double JointAccuracy, IReadOnlyList<double> TaskAccuracies, Matrix JointConfusion)
{
    /// <summary>Mean of <see cref="TaskAccuracies"/>: the "Avg" of the paper's tables.</summary>
    public double AverageAccuracy => TaskAccuracies.Average();

    /// <summary>Scores all labelled images.</summary>
    /// <param name="network">The network.</param>
    /// <param name="tasks">Its tasks; labels of the images count the classes of all tasks in this order (<see cref="TaskScorer.Labels"/>).</param>
    /// <param name="images">Images with labels; unlabelled ones (−1) are skipped.</param>
    /// <param name="engine">The engine to run the network with.</param>
    /// <param name="scoring">How tasks are compared.</param>
    /// <param name="batchSize">Number of images per run.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <param name="sharedLabels">Whether tasks may know the same class; its images then count for each of them.</param>
    /// <exception cref="ArgumentException">Tasks and outputs do not fit, or no image has a label of one of the tasks.</exception>
    public static ZipEvaluation Evaluate(
        Network network, IReadOnlyList<ClassificationTask> tasks, IImageSource images, INetworkEngine engine,
        JointScoring scoring = JointScoring.Calibrated, int batchSize = 100, int threads = 0, CancellationToken cancellationToken = default,
        bool sharedLabels = false)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(engine);
        var scorer = new TaskScorer(network, tasks, scoring, sharedLabels);
        int classes = scorer.ClassCount;
        ILookup<int, int> positions = Enumerable.Range(0, scorer.TaskClassCount).ToLookup(position => scorer.JointClasses[position]);
        long total = 0;
        var confusion = new Matrix(classes, classes);
        var seen = new long[tasks.Count];
        var right = new long[tasks.Count];
        var joint = new float[classes];
        var perTask = new float[scorer.TaskClassCount];
        using INetworkSession session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, Threads = threads });
        foreach (ImageBatch batch in images.ReadBatches(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            session.Run(batch.Pixels.Span, batch.Count);
            for (int i = 0; i < batch.Labels.Length; i++)
            {
                int label = batch.Labels.Span[i];
                if (label < 0 || label >= classes)
                    continue;
                scorer.Score(session, i, joint, perTask);
                total++;
                confusion[label, IndexOfLargest(joint)]++;
                foreach (int position in positions[label])
                {
                    int task = scorer.TaskOf(position);
                    seen[task]++;
                    if (IndexOfLargest(perTask.AsSpan(scorer.Offsets[task]..scorer.Offsets[task + 1])) == position - scorer.Offsets[task])
                        right[task]++;
                }
            }
        }

        if (total == 0)
            throw new ArgumentException("No image has a label of one of the tasks.", nameof(images));
        double hits = Enumerable.Range(0, classes).Sum(c => confusion[c, c]);
        return new ZipEvaluation(total, hits / total, [.. right.Zip(seen, (r, s) => s == 0 ? double.NaN : (double)r / s)], confusion);
    }

    /// <summary>Index of the first largest value.</summary>
    private static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return best;
    }
}
