using System.Globalization;

namespace ZipIt.Merging;

/// <summary>Tells from a report what makes a poor merge likely. All warnings about a zip come from here.</summary>
/// <remarks>
/// The limits stand between what was measured on two CIFAR-10 pairs of ResNet-20, merged fully, and on the same merge gone wrong. Unexplained variance of a
/// member, mean over the spaces and largest: greedy 0.21 and 0.34, permutation 0.21 and 0.36, K-means 0.21 and 0.36, selection 0.15 and 0.23, weight averaging
/// (which fails) 0.26 and 0.41; networks with random weights 0.30 … 0.39 and 0.37 … 0.43; a trained network with one with random weights up to 0.68 and 0.90.
/// Constant features: at most 0.06 on right pixels, 0.7 … 0.8 on black ones and on those divided by 255.
/// </remarks>
internal static class ReportWarnings
{
    private const double LargestMeanLoss = 0.25; // unexplained variance of one member, mean over the spaces
    private const double LargestLoss = 0.4; // the same in one space
    private const double LargestConstantShare = 1.0 / 3; // features of one member in one space
    private const double SmallestDistinctShare = 0.5; // of the calibration images
    private const double LargestTaskLoss = 0.1; // of a task's accuracy, as it is estimated
    private const double Deviations = 1.64; // of the estimate, that a loss must stand out by
    private const long EnoughImages = 100; // nearly as good as 50,000 on CIFAR (paper, appendix)

    /// <summary>A sentence or two for each thing that should be looked at.</summary>
    public static IReadOnlyList<string> Of(ZipReport report)
    {
        var warnings = new List<string>();
        if (report.Images is > 0 and < EnoughImages)
            warnings.Add($"Only {report.Images} calibration images: {EnoughImages} or more of all tasks make the merge better.");
        if (report.DistinctImages < SmallestDistinctShare * report.Images)
            warnings.Add($"Only {report.DistinctImages} of the {report.Images} calibration images differ from each other. Use different ones, of all tasks.");
        for (int m = 0; m < report.MemberCosts.Count; m++)
        {
            string name = m < report.Members.Count ? report.Members[m] : $"{m + 1}";
            if (m < report.Shifts.Count && report.Shifts[m]?.Describe(name) is { } shift)
                warnings.Add(shift);
            MemberSpace[] spaces = [.. report.Spaces.Select(space => MemberSpace.Of(space, m)).OfType<MemberSpace>()];
            if (spaces.Length == 0)
                continue;
            WarnOfConstants(name, spaces.MaxBy(space => space.ConstantShare)!, warnings);
            WarnOfLoss(name, spaces.MaxBy(space => space.Unexplained)!, spaces.Average(space => space.Unexplained), warnings);
        }

        foreach (TaskReport task in report.Tasks)
            WarnOfTask(task, warnings);
        return warnings;
    }

    private static void WarnOfTask(TaskReport task, List<string> warnings)
    {
        if (!(task.Loss - Deviations * Math.Sqrt(task.Loss * (1 - task.Loss) / task.Images) > LargestTaskLoss))
            return;
        warnings.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"Task '{task.Name}' loses much: on {task.Images} calibration images that are its own, as it seems, the zipped network names the class that its member names in {100 * task.Agreement:0} %; " +
            $"that costs about {100 * task.Loss:0} points of accuracy. Share fewer layers, or use more calibration images of the task."));
    }

    private static void WarnOfConstants(string member, MemberSpace worst, List<string> warnings)
    {
        if (worst.ConstantShare <= LargestConstantShare)
            return;
        warnings.Add(
            $"{worst.Constant} of {worst.Width} features of '{member}' at '{worst.Name}' do not vary on the calibration images. Either those are not what the network was trained on " +
            "(another range of pixels, normalized twice, all the same), or it has dead channels.");
    }

    private static void WarnOfLoss(string member, MemberSpace worst, double mean, List<string> warnings)
    {
        if (mean <= LargestMeanLoss && worst.Unexplained <= LargestLoss)
            return;
        warnings.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"'{member}' and the merged features have little in common: these leave {100 * mean:0} % of the variance of its features unexplained on average, {100 * worst.Unexplained:0} % at '{worst.Name}'. " +
            $"Accuracy may suffer; share fewer layers, or use calibration images of all tasks."));
    }

    /// <summary>What a report says about one member in one space.</summary>
    private sealed record MemberSpace(string Name, int Width, int Constant, double Unexplained)
    {
        public double ConstantShare => (double)Constant / Width;

        /// <summary>Null if the report, of an earlier version, does not say it.</summary>
        public static MemberSpace? Of(SpaceReport space, int member) =>
            member < Math.Min(space.WidthOfMember.Count, Math.Min(space.ConstantOfMember.Count, space.UnexplainedOfMember.Count))
                && space.WidthOfMember[member] > 0
                ? new MemberSpace(space.Name, space.WidthOfMember[member], space.ConstantOfMember[member], space.UnexplainedOfMember[member])
                : null;
    }
}
