using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Turns the outputs of a multi-task network into scores of all classes of all tasks. Immutable and safe to use from many threads.</summary>
public sealed class TaskScorer
{
    /// <summary>Largest number of tasks: 1024.</summary>
    public const int MaximumTasks = 1024;

    /// <summary>Largest number of classes of all tasks together: 131,072.</summary>
    public const int MaximumClasses = 1 << 17;

    private const float ReferenceScale = 100;

    private readonly int[] _offsets;
    private readonly string[] _labels;
    private readonly int[] _classOf;
    private readonly int[] _knownBy;
    private readonly int[] _headOf;
    private readonly int[] _allTasks;
    private readonly int[][] _tasksOfGroup;
    private readonly bool _isCalibrated;

    /// <summary>Binds tasks to the outputs of a network.</summary>
    /// <param name="network">The network; it has one output for each task, of that task's name. Outputs may be one and the same node.</param>
    /// <param name="tasks">The tasks, in the order of their classes in the joint scores.</param>
    /// <param name="scoring">How tasks are compared.</param>
    /// <param name="sharedLabels">Whether tasks may know the same class, which then counts once among all classes.</param>
    /// <exception cref="ArgumentException">
    /// There are too many tasks or classes, a task has no output or one of another length, two tasks share a name or, if that is not allowed, a class label,
    /// two tasks with class scores share one output, whose numbers cannot mean the classes of both, or class scores shall be compared as cosines.
    /// </exception>
    public TaskScorer(Network network, IReadOnlyList<ClassificationTask> tasks, JointScoring scoring = JointScoring.Calibrated, bool sharedLabels = false)
    {
        ArgumentNullException.ThrowIfNull(network);
        Check(tasks, scoring, sharedLabels);
        Tasks = [.. tasks];
        Scoring = scoring;
        SharedLabels = sharedLabels;
        _labels = [.. tasks.SelectMany(task => task.Labels).Distinct(StringComparer.Ordinal)];
        Dictionary<string, int> positions = _labels.Select((label, position) => (label, position))
            .ToDictionary(pair => pair.label, pair => pair.position, StringComparer.Ordinal);
        _classOf = [.. tasks.SelectMany(task => task.Labels).Select(label => positions[label])];
        _knownBy = new int[_labels.Length];
        foreach (int label in _classOf)
            _knownBy[label]++;
        _offsets = new int[tasks.Count + 1];
        _headOf = new int[tasks.Count];
        for (int t = 0; t < tasks.Count; t++)
        {
            ClassificationTask task = tasks[t];
            _offsets[t + 1] = _offsets[t] + task.Labels.Count;
            if (!network.TryFindHead(task.Name, out _headOf[t]))
                throw new ArgumentException($"The network has no output for task '{task.Name}'; it has {NameList.Format([.. network.Heads.Select(head => head.Name)])}.", nameof(tasks));
            ReadOnlySpan<int> shape = network.ShapeOf(network.Heads[_headOf[t]].Node);
            if (shape.Length != 1 || shape[0] != task.OutputLength)
                throw new ArgumentException($"Task '{task.Name}' needs an output of {task.OutputLength} values, found {Tensor.FormatShape(shape)}.",
                    nameof(tasks));
        }

        foreach (IGrouping<Node, ClassificationTask> output in tasks.Select((task, t) => (Task: task, network.Heads[_headOf[t]].Node))
            .GroupBy(pair => pair.Node, pair => pair.Task))
        {
            if (output.Count() > 1 && output.FirstOrDefault(task => task.Prototypes is null) is { } scored)
            {
                throw new ArgumentException(
                    $"Task '{scored.Name}' has class scores and shares the output '{output.Key.Name}' with task '{output.First(task => task != scored).Name}', but one number per class cannot mean " +
                    "the classes of both. Cut before the heads.",
                    nameof(tasks));
            }
        }

        _allTasks = [.. Enumerable.Range(0, tasks.Count)];
        _isCalibrated = scoring == JointScoring.Calibrated && tasks.Count > 1 && tasks.All(task => task.Calibration is not null);

        // Prototype tasks that read one and the same node have one softmax over all their classes, and so have tasks whose scores can be compared.
        _tasksOfGroup = scoring == JointScoring.Cosine || _isCalibrated ? [_allTasks] : [.. _allTasks
            .GroupBy(t => tasks[t].Prototypes is null ? (object)t : network.Heads[_headOf[t]].Node)
            .Select(group => group.ToArray())];
    }

    /// <summary>The tasks, in the order of their classes in the joint scores.</summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; }

    /// <summary>How tasks are compared.</summary>
    public JointScoring Scoring { get; }

    /// <summary>
    /// The tasks, as positions in <see cref="Tasks"/>, whose classes share one softmax in the joint scores; each softmax counts alike. With
    /// <see cref="JointScoring.Cosine"/> and with
    /// calibrated tasks it is all of them.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> SoftmaxGroups => _tasksOfGroup;

    /// <summary>Whether tasks may know the same class, which then counts once among all classes.</summary>
    public bool SharedLabels { get; }

    /// <summary>Labels of all classes in the order of the joint scores: those of the tasks, one task after the other, each once.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>
    /// Position of each task's first class among the classes of all tasks, where a class that several tasks know counts for each; one more entry for the end.
    /// </summary>
    public IReadOnlyList<int> Offsets => _offsets;

    /// <summary>For each class of each task, one task after the other, its position in <see cref="Labels"/>.</summary>
    public IReadOnlyList<int> JointClasses => _classOf;

    /// <summary>Number of classes, each counted once: the length of the joint scores.</summary>
    public int ClassCount => _labels.Length;

    /// <summary>Number of classes, counted for each task that knows them: the length of the scores per task.</summary>
    public int TaskClassCount => _offsets[^1];

    /// <summary>The task that a class belongs to, by the class's position in the scores per task.</summary>
    internal int TaskOf(int position) => Array.FindLastIndex(_offsets, offset => offset <= position);

    /// <summary>Checks whether tasks can be compared, before there is a network that serves them all.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="scoring">How they shall be compared.</param>
    /// <param name="sharedLabels">Whether tasks may know the same class.</param>
    /// <exception cref="ArgumentException">
    /// There are none or more than <see cref="MaximumTasks"/>, or more than <see cref="MaximumClasses"/> classes, two share a name or, if that is not allowed,
    /// a class label, or class scores shall be compared as cosines.
    /// </exception>
    public static void Check(IReadOnlyList<ClassificationTask> tasks, JointScoring scoring, bool sharedLabels = false)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        if (tasks.Count == 0)
            throw new ArgumentException("Expected at least one task.", nameof(tasks));
        if (tasks.Count > MaximumTasks)
            throw new ArgumentException($"Expected at most {MaximumTasks} tasks, found {tasks.Count}.", nameof(tasks));
        if (tasks.Sum(task => (long)task.Labels.Count) is var classes && classes > MaximumClasses)
            throw new ArgumentException($"Expected at most {MaximumClasses} classes of all tasks, found {classes}.", nameof(tasks));
        if (tasks.FirstOrDefault(task => scoring == JointScoring.Cosine && task.Prototypes is null) is { } scored)
            throw new ArgumentException($"Task '{scored.Name}' has class scores, which cannot be compared as cosines.", nameof(scoring));
        var names = new HashSet<string>(StringComparer.Ordinal);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ClassificationTask task in tasks)
        {
            if (!names.Add(task.Name))
                throw new ArgumentException($"Two tasks are called '{task.Name}'.", nameof(tasks));
            foreach (string label in task.Labels)
            {
                if (!labels.TryAdd(label, task.Name) && !sharedLabels)
                {
                    throw new ArgumentException(
                        $"The class '{label}' belongs to task '{labels[label]}' and to task '{task.Name}'; give it different names, or allow {nameof(SharedLabels)}, by which it is one class.", nameof(tasks));
                }
            }
        }
    }

    /// <summary>
    /// Computes the joint scores of one image: a probability for each class of all tasks; they sum to 1. That of a class that several tasks know is the mean
    /// over these tasks, before all are scaled to sum to 1.
    /// </summary>
    /// <param name="session">A session whose latest run holds the image.</param>
    /// <param name="image">Index of the image in the batch.</param>
    /// <param name="joint">Receives one probability per class [<see cref="ClassCount"/>].</param>
    /// <param name="perTask">
    /// Receives probabilities that sum to 1 within each task [<see cref="TaskClassCount"/>], one task after the other.
    /// </param>
    public void Score(INetworkSession session, int image, Span<float> joint, Span<float> perTask)
    {
        ArgumentNullException.ThrowIfNull(session);
        for (int t = 0; t < Tasks.Count; t++)
        {
            int length = Tasks[t].OutputLength;
            Tasks[t].WriteScores(session.GetOutput(_headOf[t]).Slice(image * length, length), perTask[_offsets[t].._offsets[t + 1]], ScaleOf(Tasks[t]));
        }

        if (ClassCount == TaskClassCount)
        {
            perTask.CopyTo(joint);
            ScoreJointly(joint);
        }
        else
        {
            const int MostOnStack = 1024;
            Span<float> each = TaskClassCount <= MostOnStack ? stackalloc float[TaskClassCount] : new float[TaskClassCount];
            perTask.CopyTo(each);
            ScoreJointly(each);
            AverageOverTasks(each, joint);
        }

        for (int t = 0; t < Tasks.Count; t++)
            SoftMax([t], perTask);
    }

    /// <summary>How a task's scores are changed before the joint softmax; null if they are not.</summary>
    /// <param name="task">One of the tasks.</param>
    public TaskCalibration? CalibrationOf(ClassificationTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return _isCalibrated ? task.Calibration : null;
    }

    /// <summary>Turns logits of all tasks into probabilities that sum to 1.</summary>
    private void ScoreJointly(Span<float> scores)
    {
        for (int t = 0; t < Tasks.Count; t++)
        {
            if (CalibrationOf(Tasks[t]) is not { } calibration)
                continue;
            Span<float> own = scores[_offsets[t].._offsets[t + 1]];
            TensorPrimitives.Multiply(own, 1 / calibration.Temperature, own);
            TensorPrimitives.Add(own, calibration.Offset, own);
        }

        foreach (int[] group in _tasksOfGroup)
            SoftMax(group, scores);
        if (_tasksOfGroup.Length > 1)
            TensorPrimitives.Divide(scores, _tasksOfGroup.Length, scores);
    }

    private void AverageOverTasks(ReadOnlySpan<float> scores, Span<float> joint)
    {
        joint.Clear();
        for (int c = 0; c < scores.Length; c++)
            joint[_classOf[c]] += scores[c];
        float sum = 0;
        for (int label = 0; label < joint.Length; label++)
            sum += joint[label] /= _knownBy[label];
        TensorPrimitives.Divide(joint, sum, joint);
    }

    /// <summary>Factor of the cosines of a task before the softmax.</summary>
    /// <param name="task">A task with prototypes.</param>
    public float ScaleOf(ClassificationTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Scoring == JointScoring.Reference ? ReferenceScale : task.Scale;
    }

    /// <summary>Softmax over the classes of some tasks; the largest value is taken off first, since e¹⁰⁰ is no float.</summary>
    private void SoftMax(ReadOnlySpan<int> tasks, Span<float> values)
    {
        float largest = float.NegativeInfinity;
        foreach (int t in tasks)
            largest = Math.Max(largest, TensorPrimitives.Max<float>(values[_offsets[t].._offsets[t + 1]]));
        float sum = 0;
        foreach (int t in tasks)
        {
            foreach (ref float value in values[_offsets[t].._offsets[t + 1]])
                sum += value = MathF.Exp(value - largest);
        }

        foreach (int t in tasks)
        {
            Span<float> own = values[_offsets[t].._offsets[t + 1]];
            TensorPrimitives.Divide(own, sum, own);
        }
    }
}
