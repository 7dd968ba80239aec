namespace ZipIt.Merging;

/// <summary>
/// Calibration images, channels last, in batches that can be read again and again: kept in memory where they fit, otherwise read from their source.
/// </summary>
internal sealed class CalibrationImages
{
    private readonly IImageSource _source;
    private readonly int? _maximum;
    private readonly List<float[]>? _kept;
    private readonly int[] _first; // number of each batch's first image
    private readonly int[] _counts = new int[2]; // of the images that are fitted to, and of those that errors are measured on
    private readonly int[] _places; // of each image among those of its kind

    /// <summary>Reads images.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="batchSize">Images per batch.</param>
    /// <param name="maximum">Largest number of images; null for all.</param>
    /// <param name="budget">Bytes up to which they are kept.</param>
    public CalibrationImages(IImageSource source, int batchSize, int? maximum, long budget)
    {
        (_source, BatchSize, _maximum) = (source, batchSize, maximum);
        int[] shape = source.Shape.ToArray();
        Length = shape[0] * shape[1] * shape[2];
        var kept = new List<float[]>();
        var sizes = new List<int>();
        long bytes = 0;
        bool fits = true;
        foreach ((float[] pixels, int count) in Read())
        {
            sizes.Add(count);
            bytes += (long)count * Length * sizeof(float);
            fits &= bytes <= budget;
            if (fits)
                kept.Add(pixels.AsSpan(0, count * Length).ToArray());
            else
                kept.Clear();
        }

        Sizes = sizes;
        Count = sizes.Sum();
        _first = new int[sizes.Count];
        for (int batch = 1; batch < sizes.Count; batch++)
            _first[batch] = _first[batch - 1] + sizes[batch - 1];
        _places = new int[Count];
        for (int image = 0; image < Count; image++)
            _places[image] = _counts[HeldOutImages.Contains(image) ? 1 : 0]++;

        (_kept, KeptBytes) = fits ? (kept, bytes) : (null, 0);
    }

    /// <summary>Number of values of one image.</summary>
    public int Length { get; }

    /// <summary>Largest number of images of a batch.</summary>
    public int BatchSize { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    /// <summary>Memory that kept images take, in bytes.</summary>
    public long KeptBytes { get; }

    /// <summary>Number of images of each batch.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Number of the first image of a batch.</summary>
    public int FirstOf(int batch) => _first[batch];

    /// <summary>The images of a batch that errors are measured on (an eighth), or the others, counted from the start of the batch.</summary>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="isHeldOut">Which images.</param>
    /// <param name="every">1 for all of them, 2 for every second one and so on.</param>
    public int[] Select(int batch, bool isHeldOut, int every) => [.. Enumerable.Range(0, Sizes[batch])
        .Where(image => PlaceOf(_first[batch] + image, every) is (bool kind, >= 0) && kind == isHeldOut)];

    /// <summary>Number of images that errors are measured on (an eighth), or of the others.</summary>
    /// <param name="isHeldOut">Which images.</param>
    /// <param name="every">1 for all of them, 2 for every second one and so on.</param>
    public int CountOf(bool isHeldOut, int every) => SubsetOf(isHeldOut, every).Count;

    /// <summary>Where an image stands among those that errors are measured on, or among the others.</summary>
    /// <param name="image">Number of the image.</param>
    /// <param name="every">1 for all of them, 2 for every second one and so on.</param>
    /// <returns>Which of the two, and the place; −1 if it is not taken.</returns>
    public (bool IsHeldOut, int Place) PlaceOf(int image, int every)
    {
        bool isHeldOut = HeldOutImages.Contains(image);
        return (isHeldOut, SubsetOf(isHeldOut, every).PlaceOf(_places[image]));
    }

    /// <summary>All batches [count, height, width, channels]; memory is valid until the next one is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<float>> ReadBatches() => _kept is not null
        ? _kept.Select(pixels => (ReadOnlyMemory<float>)pixels)
        : Read().Select(batch => (ReadOnlyMemory<float>)batch.Pixels.AsMemory(0, batch.Count * Length));

    private ImageSubset SubsetOf(bool isHeldOut, int every)
    {
        int count = _counts[isHeldOut ? 1 : 0];
        return new ImageSubset((count + every - 1) / every, count);
    }

    private IEnumerable<(float[] Pixels, int Count)> Read()
    {
        int[] shape = _source.Shape.ToArray();
        int channels = shape[0], area = shape[1] * shape[2];
        var buffer = new float[BatchSize * Length];
        int left = _maximum ?? int.MaxValue;
        foreach (ImageBatch batch in _source.ReadBatches(BatchSize))
        {
            int count = Math.Min(batch.Count, left);
            for (int i = 0; i < count; i++)
                ToChannelsLast(batch.Pixels.Span.Slice(i * Length, Length), channels, area, buffer.AsSpan(i * Length, Length));
            if (count > 0)
                yield return (buffer, count);
            left -= count;
            if (left == 0)
                yield break;
        }
    }

    private static void ToChannelsLast(ReadOnlySpan<float> image, int channels, int area, Span<float> target)
    {
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<float> plane = image.Slice(c * area, area);
            for (int p = 0; p < plane.Length; p++)
                target[p * channels + c] = plane[p];
        }
    }
}
