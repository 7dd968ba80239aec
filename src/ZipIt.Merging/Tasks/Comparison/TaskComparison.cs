namespace ZipIt.Merging;

/// <summary>The zipped network held against its members on calibration images, without labels.</summary>
/// <param name="Tasks">The tasks, with what makes their scores in the zipped network comparable.</param>
/// <param name="Reports">What each task has lost.</param>
/// <param name="ImageCount">Number of images that losses were estimated on.</param>
/// <param name="Loss">Estimate of the joint accuracy that is lost.</param>
internal sealed record TaskComparison(IReadOnlyList<ClassificationTask> Tasks, IReadOnlyList<TaskReport> Reports, int ImageCount, double Loss)
{
    /// <summary>Compares outputs for the same images.</summary>
    public static TaskComparison Of(TaskOutputs outputs)
    {
        JointScores members = JointScores.Of(outputs.Tasks, outputs.Members), zipped = JointScores.Of(outputs.Tasks, outputs.Zipped, members.Shares);
        int[] images = [.. outputs.Compared ?? Enumerable.Range(0, outputs.ImageCount)];
        int tasks = outputs.Tasks.Count;
        var count = new long[tasks];
        var agreed = new long[tasks];
        var lost = new double[tasks];
        double loss = 0;
        foreach (int i in images)
        {
            (int own, int other) = (members.Winner(i), zipped.Winner(i));
            if (members.LabelOf(own) != members.LabelOf(other))
                loss += Math.Max(members.Probability(i, own) - members.Probability(i, other), 0);
            int t = members.TaskOf(own);
            (int best, int named) = (members.Winner(i, t), zipped.Winner(i, t));
            count[t]++;
            agreed[t] += best == named ? 1 : 0;
            lost[t] += members.Probability(i, best, t) - members.Probability(i, named, t);
        }

        return new TaskComparison(
            zipped.Tasks,
            [.. outputs.Tasks.Select((task, t) => new TaskReport(task.Name, count[t], (double)agreed[t] / count[t], lost[t] / count[t]))],
            images.Length,
            loss / images.Length);
    }
}
