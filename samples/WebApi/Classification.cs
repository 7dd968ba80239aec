namespace WebApi;

/// <summary>The answer to a posted image.</summary>
/// <param name="Label">The likeliest class of all tasks.</param>
/// <param name="Task">The task that it belongs to.</param>
/// <param name="Probability">Its probability among the classes of all tasks.</param>
/// <param name="Tasks">The likeliest class of each task.</param>
/// <param name="Scores">The probabilities of all classes; they sum to 1.</param>
public sealed record Classification(
    string Label, string Task, float Probability, IReadOnlyList<TaskClassification> Tasks, IReadOnlyDictionary<string, float> Scores);
