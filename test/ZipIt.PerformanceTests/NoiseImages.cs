using ZipIt.Merging;

namespace ZipIt.PerformanceTests;

/// <summary>Images of noise between −1 and 1 that are made when they are read, so that they take no memory of their own.</summary>
internal sealed class NoiseImages(int count, int[] shape) : IImageSource
{
    public ReadOnlySpan<int> Shape => shape;

    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        int length = shape[0] * shape[1] * shape[2];
        var pixels = new float[Math.Min(batchSize, count) * length];
        for (int first = 0; first < count; first += batchSize)
        {
            int images = Math.Min(batchSize, count - first);
            for (int i = 0; i < images * length; i++)
                pixels[i] = Noise((uint)(first * length + i));
            yield return new ImageBatch(pixels.AsMemory(0, images * length), images);
        }
    }

    /// <summary>The finalizer of MurmurHash3, as a fraction.</summary>
    private static float Noise(uint number)
    {
        number = (number ^ number >> 16) * 0x85ebca6b;
        number = (number ^ number >> 13) * 0xc2b2ae35;
        return (int)(number ^ number >> 16) / 2147483648f;
    }
}
