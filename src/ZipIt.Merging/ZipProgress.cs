namespace ZipIt.Merging;

/// <summary>How far a long piece of work has come.</summary>
/// <param name="Stage">What is being done, e.g. <c>Statistics</c>.</param>
/// <param name="Done">Images or layers done so far.</param>
/// <param name="Elapsed">Time since the stage began.</param>
/// <param name="IsFinished">Whether this stage is over.</param>
public readonly record struct ZipProgress(string Stage, long Done, TimeSpan Elapsed, bool IsFinished);
