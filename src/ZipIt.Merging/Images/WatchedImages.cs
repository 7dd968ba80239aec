namespace ZipIt.Merging;

/// <summary>Another source, whose reading is watched.</summary>
/// <param name="images">The source.</param>
/// <param name="onRead">Is told the number of images that were read and done with, after each batch.</param>
internal sealed class WatchedImages(IImageSource images, Action<long> onRead) : IImageSource
{
    public ReadOnlySpan<int> Shape => images.Shape;

    public long? ImageCount => images.ImageCount;

    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        long count = 0;
        foreach (ImageBatch batch in images.ReadBatches(batchSize))
        {
            yield return batch;
            onRead(count += batch.Count);
        }
    }
}
