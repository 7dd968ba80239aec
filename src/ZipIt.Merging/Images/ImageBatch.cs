namespace ZipIt.Merging;

/// <summary>Some images, and perhaps what they show.</summary>
/// <param name="Pixels">Values [count, channels, height, width].</param>
/// <param name="Count">Number of images, at least 1.</param>
/// <param name="Labels">For each image the index of its class among the classes of all tasks, −1 if unknown; empty if there are no labels.</param>
public readonly record struct ImageBatch(ReadOnlyMemory<float> Pixels, int Count, ReadOnlyMemory<int> Labels = default);
