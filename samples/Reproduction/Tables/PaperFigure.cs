namespace Reproduction.Tables;

/// <summary>What the ZipIt! paper reports, in %.</summary>
/// <param name="Joint">Accuracy among the classes of all tasks; null if it does not say.</param>
/// <param name="Average">Mean of the accuracies within each task.</param>
internal readonly record struct PaperFigure(double? Joint, double Average);
