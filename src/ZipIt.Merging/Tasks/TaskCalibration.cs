namespace ZipIt.Merging;

/// <summary>
/// What makes the scores of one task comparable with those of others: a score z (a logit, or scale · cosine) counts as z / <see cref="Temperature"/> +
/// <see cref="Offset"/>.
/// </summary>
/// <param name="Temperature">Divides the scores; positive. Below 1 the task becomes more certain.</param>
/// <param name="Offset">Is added to them: the logarithm of a prior, up to a constant that all tasks share.</param>
public readonly record struct TaskCalibration(float Temperature, float Offset);
