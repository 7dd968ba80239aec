namespace ZipIt.Merging;

/// <summary>
/// How well the zipped network does what a task's own member does, without labels: on those calibration images that the members, side by side, give to the
/// task. What is fitted to an image does not count: where heads were refitted, each image is scored by a fit to all others.
/// </summary>
/// <param name="Name">Name of the task.</param>
/// <param name="Images">Number of these images.</param>
/// <param name="Agreement">Share of them on which the zipped network names the same one of the task's classes as the member; NaN without images.</param>
/// <param name="Loss">
/// Estimate of the accuracy that the task has lost, from 0 to 1: by how much the member's probability of the class that the zipped network names falls short
/// of that of its own, mean over these images. Where the member itself is unsure, another class costs little. At most 1 − <paramref name="Agreement"/>; NaN
/// without images.
/// </param>
public sealed record TaskReport(string Name, long Images, double Agreement, double Loss);
