using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Images that are held in memory.</summary>
public sealed class InMemoryImages : IImageSource
{
    private readonly Tensor _images;
    private readonly int[]? _labels;
    private readonly int[] _shape;

    /// <summary>Wraps images, which are not copied.</summary>
    /// <param name="images">Values [count, channels, height, width].</param>
    /// <param name="labels">For each image the index of its class, or null if unknown.</param>
    /// <exception cref="ArgumentException">The tensor has another rank, or there is not one label for each image.</exception>
    public InMemoryImages(Tensor images, int[]? labels = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Rank != 4)
            throw new ArgumentException($"Expected images of shape [count, channels, height, width], found {images}.", nameof(images));
        if (labels is not null && labels.Length != images[0])
            throw new ArgumentException($"Expected {images[0]} labels, found {labels.Length}.", nameof(labels));
        (_images, _labels, _shape) = (images, labels, images.Shape[1..].ToArray());
    }

    /// <summary>Number of images.</summary>
    public int Count => _images[0];

    long? IImageSource.ImageCount => Count;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _shape;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        for (int start = 0; start < Count; start += batchSize)
        {
            int count = Math.Min(batchSize, Count - start);
            yield return new ImageBatch(_images.Slice(start, count).Memory, count, _labels is null ? default : _labels.AsMemory(start, count));
        }
    }
}
