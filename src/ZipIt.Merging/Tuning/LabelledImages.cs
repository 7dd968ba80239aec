namespace ZipIt.Merging;

/// <summary>Images of another source with other labels.</summary>
internal sealed class LabelledImages(IImageSource images, int[] labels) : IImageSource
{
    public long? ImageCount => images.ImageCount;

    public ReadOnlySpan<int> Shape => images.Shape;

    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        int start = 0;
        foreach (ImageBatch batch in images.ReadBatches(batchSize))
        {
            yield return batch with { Labels = labels.AsMemory(start, batch.Count) };
            start += batch.Count;
        }
    }
}
