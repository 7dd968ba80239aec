namespace ZipIt.Tool.Measuring;

/// <summary>What a model says of one image.</summary>
/// <param name="Joint">A probability for each class of all tasks.</param>
/// <param name="PerTask">A probability for each class within its task, one task after the other.</param>
internal sealed record Verdict(float[] Joint, float[] PerTask)
{
    /// <summary>The most probable classes of all tasks, the first one first.</summary>
    /// <param name="count">Largest number of them.</param>
    public int[] Best(int count) => [.. Enumerable.Range(0, Joint.Length).OrderByDescending(label => Joint[label]).Take(count)];
}
