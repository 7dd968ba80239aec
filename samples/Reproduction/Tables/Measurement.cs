using ZipIt.Networks;

namespace Reproduction.Tables;

/// <summary>How well one network does on one case.</summary>
/// <param name="Joint">Share of images whose class wins among those of all tasks, 0 … 1.</param>
/// <param name="Tasks">For each task the share of its images whose class wins among its own; NaN for a task that the network does not know.</param>
/// <param name="Cost">Multiply-adds of an image, and parameters.</param>
/// <param name="RelativeCost">Multiply-adds as a multiple of those of the costliest member.</param>
/// <param name="Seconds">How long merging took.</param>
internal sealed record Measurement(double Joint, IReadOnlyList<double> Tasks, NetworkCost Cost, double RelativeCost, double Seconds)
{
    /// <summary>Mean of the accuracies of the tasks that the network knows.</summary>
    public double Average => Tasks.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
}
