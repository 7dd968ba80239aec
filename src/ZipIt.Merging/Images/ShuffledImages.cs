namespace ZipIt.Merging;

/// <summary>
/// Reads another source in random order through a pool of bounded size. Batch statistics of class-sorted images are useless
/// (method, "BN reset"); a pool as large as the calibration set mixes it completely.
/// </summary>
public sealed class ShuffledImages : IImageSource
{
    /// <summary>Default size of the pool in bytes: 64 MiB, that is 5,461 images of 3×32×32 or 111 of 3×224×224.</summary>
    public const long DefaultPoolBytes = 64L << 20;

    private readonly IImageSource _source;
    private readonly int _seed;
    private readonly long _poolBytes;

    /// <summary>Wraps a source.</summary>
    /// <param name="source">The images.</param>
    /// <param name="seed">Seed of the order; the same seed gives the same order on every reading.</param>
    /// <param name="poolBytes">Size of the pool in bytes; it holds at least one image.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pool size is not positive.</exception>
    public ShuffledImages(IImageSource source, int seed, long poolBytes = DefaultPoolBytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(poolBytes);
        (_source, _seed, _poolBytes) = (source, seed, poolBytes);
    }

    /// <inheritdoc/>
    public long? ImageCount => _source.ImageCount;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _source.Shape;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        var random = new Random(_seed);
        var pool = new List<(float[] Pixels, int Label)>();
        int length = _source.Shape[0] * _source.Shape[1] * _source.Shape[2];
        long capacity = Math.Max(1, _poolBytes / (length * sizeof(float)));
        var batch = new float[batchSize * length];
        var labels = new int[batchSize];
        int filled = 0;

        foreach (ImageBatch source in _source.ReadBatches(batchSize))
        {
            for (int i = 0; i < source.Count; i++)
            {
                ReadOnlyMemory<float> pixels = source.Pixels.Slice(i * length, length);
                int label = source.Labels.IsEmpty ? -1 : source.Labels.Span[i];
                if (pool.Count < capacity)
                {
                    pool.Add((pixels.ToArray(), label));
                    continue;
                }

                // The pool is full: a random image leaves for the batch and the new one takes its place.
                int chosen = random.Next(pool.Count);
                Emit(pool[chosen]);
                pixels.CopyTo(pool[chosen].Pixels);
                pool[chosen] = (pool[chosen].Pixels, label);
                if (filled == batchSize)
                {
                    yield return new ImageBatch(batch, filled, labels);
                    filled = 0;
                }
            }
        }

        while (pool.Count > 0)
        {
            int chosen = random.Next(pool.Count);
            Emit(pool[chosen]);
            pool[chosen] = pool[^1];
            pool.RemoveAt(pool.Count - 1);
            if (filled == batchSize || pool.Count == 0)
            {
                yield return new ImageBatch(batch.AsMemory(0, filled * length), filled, labels.AsMemory(0, filled));
                filled = 0;
            }
        }

        void Emit((float[] Pixels, int Label) image)
        {
            image.Pixels.CopyTo(batch, filled * length);
            labels[filled++] = image.Label;
        }
    }
}
