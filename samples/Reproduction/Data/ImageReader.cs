using ZipIt.Merging;

namespace Reproduction.Data;

/// <summary>Reads images batch by batch, several at a time; no more than two batches are in memory.</summary>
/// <param name="images">The images.</param>
/// <param name="cancellation">Ends a pass between two batches.</param>
internal sealed class ImageReader(LabelledImages images, CancellationToken cancellation) : IImageSource
{
    private readonly int[] _shape = [.. images.Shape];

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _shape;

    /// <inheritdoc/>
    public long? ImageCount => images.Count;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        var pixels = new float[checked(Math.Min(batchSize, images.Count) * images.Length)];
        var labels = new int[Math.Min(batchSize, images.Count)];
        for (int first = 0; first < images.Count; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int start = first, count = Math.Min(batchSize, images.Count - first);
            Parallel.For(0, count, i =>
            {
                labels[i] = images.ClassOf(start + i);
                images.Read(start + i, pixels.AsSpan(i * images.Length, images.Length));
            });
            yield return new ImageBatch(pixels.AsMemory(0, count * images.Length), count, labels.AsMemory(0, count));
        }
    }
}
