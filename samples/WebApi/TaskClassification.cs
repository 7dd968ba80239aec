namespace WebApi;

/// <summary>What one task says of an image.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Label">Its likeliest class.</param>
/// <param name="Probability">The probability of that class among the task's own.</param>
public sealed record TaskClassification(string Task, string Label, float Probability);
