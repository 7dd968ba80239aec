namespace WebApi;

/// <summary>A task and its classes.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Labels">Its classes, in the order of the scores.</param>
public sealed record TaskLabels(string Task, IReadOnlyList<string> Labels);
