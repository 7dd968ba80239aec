namespace ZipIt.Merging;

/// <summary>Images of one size that can be read again and again, in batches, always in the same order.</summary>
public interface IImageSource
{
    /// <summary>Shape of one image: [channels, height, width].</summary>
    ReadOnlySpan<int> Shape { get; }

    /// <summary>Number of images, or a number that it cannot exceed; null if it is not known before they are read. Only progress is measured with it.</summary>
    long? ImageCount => null;

    /// <summary>Reads all images from the start.</summary>
    /// <param name="batchSize">Number of images per batch; the last batch may be smaller.</param>
    /// <returns>Batches whose memory is valid until the next one is asked for.</returns>
    IEnumerable<ImageBatch> ReadBatches(int batchSize);
}
