using System.Numerics.Tensors;

namespace ZipIt.Merging;

/// <summary>The scores of all tasks for some images, made comparable with each other without labels.</summary>
/// <remarks>
/// A task's scores z become z / T + b: T is the deviation of its largest scores over the images, in units of all tasks' (their geometric mean), so that a
/// classifier whose scores are large as a whole wins no more than others; b is such that each task wins its share of the images (<see cref="TaskShares"/>).
/// Then one softmax runs over all classes.
/// </remarks>
internal sealed class JointScores
{
    private readonly float[][] _scores; // of each task [images, classes]
    private readonly int[] _first;
    private readonly TaskCalibration[] _calibrations;

    private JointScores(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<float[]> outputs, IReadOnlyList<double>? shares)
    {
        ImageCount = outputs[0].Length / tasks[0].OutputLength;
        _scores = [.. tasks.Select((task, t) => ScoresOf(task, outputs[t], ImageCount))];
        _first = new int[tasks.Count + 1];
        for (int t = 0; t < tasks.Count; t++)
            _first[t + 1] = _first[t] + tasks[t].Labels.Count;
        var best = new double[ImageCount, tasks.Count];
        for (int i = 0; i < ImageCount; i++)
        {
            for (int t = 0; t < tasks.Count; t++)
                best[i, t] = TensorPrimitives.Max(Row(i, t));
        }

        Shares = shares ?? TaskShares.Estimate(best);
        _calibrations = Calibrate(best, Shares);
        Tasks = [.. tasks.Select((task, t) => task.With(tasks.Count > 1 ? _calibrations[t] : null))];
    }

    /// <summary>The tasks with their calibrations.</summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; }

    /// <summary>Share of the images that is each task's.</summary>
    public IReadOnlyList<double> Shares { get; }

    /// <summary>Number of images.</summary>
    public int ImageCount { get; }

    /// <summary>Makes the scores of several tasks comparable.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="outputs">For each task outputs [images, output length].</param>
    /// <param name="shares">Share of the images that is each task's; null if it is to be estimated.</param>
    public static JointScores Of(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<float[]> outputs, IReadOnlyList<double>? shares = null) =>
        new(tasks, outputs, shares);

    /// <summary>The task of a class of all tasks.</summary>
    public int TaskOf(int label) => Array.FindLastIndex(_first, first => first <= label);

    /// <summary>Name of a class of all tasks; several tasks may know it.</summary>
    public string LabelOf(int label) => Tasks[TaskOf(label)].Labels[label - _first[TaskOf(label)]];

    /// <summary>The class that wins among those of all tasks.</summary>
    public int Winner(int image)
    {
        int winner = 0;
        double largest = double.NegativeInfinity;
        for (int t = 0; t < _scores.Length; t++)
        {
            int own = Winner(image, t);
            double score = Calibrated(image, t, own);
            if (score > largest)
                (winner, largest) = (_first[t] + own, score);
        }

        return winner;
    }

    /// <summary>The class, counted within its task, that wins among a task's own.</summary>
    public int Winner(int image, int task) => TensorPrimitives.IndexOfMax(Row(image, task));

    /// <summary>Probability of a class among those of all tasks.</summary>
    public double Probability(int image, int label)
    {
        double largest = double.NegativeInfinity, sum = 0;
        for (int t = 0; t < _scores.Length; t++)
            largest = Math.Max(largest, Calibrated(image, t, Winner(image, t)));
        for (int t = 0; t < _scores.Length; t++)
        {
            for (int c = 0; c < _first[t + 1] - _first[t]; c++)
                sum += Math.Exp(Calibrated(image, t, c) - largest);
        }

        int task = TaskOf(label);
        return Math.Exp(Calibrated(image, task, label - _first[task]) - largest) / sum;
    }

    /// <summary>Probability of a class, counted within its task, among the task's own.</summary>
    public double Probability(int image, int label, int task)
    {
        ReadOnlySpan<float> scores = Row(image, task);
        double largest = TensorPrimitives.Max(scores), sum = 0;
        foreach (float score in scores)
            sum += Math.Exp(score - largest);
        return Math.Exp(scores[label] - largest) / sum;
    }

    private static TaskCalibration[] Calibrate(double[,] best, IReadOnlyList<double> shares)
    {
        (_, double[] deviations) = TaskShares.Measure(best);
        bool varies = Array.TrueForAll(deviations, deviation => deviation > 0 && double.IsFinite(deviation));
        double common = varies ? Math.Exp(deviations.Average(Math.Log)) : 1;
        float[] temperatures = [.. deviations.Select(deviation => varies ? (float)(deviation / common) : 1)];
        var tempered = (double[,])best.Clone();
        for (int i = 0; i < best.GetLength(0); i++)
        {
            for (int t = 0; t < temperatures.Length; t++)
                tempered[i, t] /= temperatures[t];
        }

        double[] offsets = TaskShares.Match(tempered, shares);
        return [.. temperatures.Select((temperature, t) => new TaskCalibration(temperature, (float)offsets[t]))];
    }

    /// <summary>The scores of one task [images, classes]; what is not finite counts as 0.</summary>
    private static float[] ScoresOf(ClassificationTask task, float[] outputs, int images)
    {
        int classes = task.Labels.Count, length = task.OutputLength;
        var scores = new float[checked(images * classes)];
        for (int i = 0; i < images; i++)
            task.WriteScores(outputs.AsSpan(i * length, length), scores.AsSpan(i * classes, classes), task.Scale);
        if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(scores)))
        {
            foreach (ref float score in scores.AsSpan())
                score = float.IsFinite(score) ? score : 0;
        }

        return scores;
    }

    private double Calibrated(int image, int task, int label) =>
        (double)Row(image, task)[label] / _calibrations[task].Temperature + _calibrations[task].Offset;

    private ReadOnlySpan<float> Row(int image, int task)
    {
        int classes = _first[task + 1] - _first[task];
        return _scores[task].AsSpan(image * classes, classes);
    }
}
