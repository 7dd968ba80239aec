using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What one node of a member gives at the pixels where a refit needs it: at the sampled pixels of all images, and at all pixels of some.</summary>
/// <param name="layout">The sampled pixels.</param>
/// <param name="maps">The images whose pixels are all wanted; null for none.</param>
/// <param name="channels">Number of the node's channels.</param>
/// <param name="isRounded">Whether values are rounded.</param>
/// <param name="images">The images.</param>
internal sealed class MemberSample(SampleLayout layout, ImageSubset? maps, int channels, bool isRounded, CalibrationImages images)
{
    [ThreadStatic]
    private static float[]? _gathered;

    private ISampleValues? _values; // [sampled images, samples, channels], then [images of maps, pixels, channels]

    /// <summary>Number of the node's channels.</summary>
    public int Channels => channels;

    /// <summary>Number of images that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Number of values.</summary>
    public long Length => (long)SampledImages * SampledLength + (long)(maps?.Count ?? 0) * MapLength;

    /// <summary>Memory that all values take, in bytes.</summary>
    public long Bytes => Length * (isRounded ? sizeof(ushort) : sizeof(float));

    /// <summary>Whether all pixels are few, as those of outputs are.</summary>
    public bool IsSmall => layout.Area == 1;

    private int SampledImages => images.CountOf(false, layout.Every) + images.CountOf(true, layout.Every);

    private int SampledLength => layout.PerImage * channels;

    private int MapLength => layout.Area * channels;

    /// <summary>Whether the sample is what another layout needs.</summary>
    public bool Matches(SampleLayout other, ImageSubset? otherMaps) =>
        (other.PerImage, other.Every, other.Area) == (layout.PerImage, layout.Every, layout.Area) && otherMaps == maps;

    /// <summary>Counts images that are about to be added, and makes room before the first ones.</summary>
    /// <param name="added">Their number.</param>
    /// <param name="pool">Memory.</param>
    /// <param name="place">Where values are kept instead: a file, and where in it; null for memory.</param>
    public void Expect(int added, BufferPool pool, (TemporaryFile File, long Offset)? place)
    {
        Count += added;
        int length = checked((int)Length);
        _values ??= place is var (file, offset) ? new FileValues(file, offset, isRounded) : new TargetValues(length, isRounded, pool);
    }

    /// <summary>Takes what is needed of one image.</summary>
    /// <param name="values">The node's value [pixels, channels].</param>
    /// <param name="image">Number of the image.</param>
    public void Add(ReadOnlySpan<float> values, int image)
    {
        int sampled = PlaceOf(image), map = maps?.PlaceOf(image) ?? -1;
        if (sampled >= 0)
            _values!.Write(sampled * SampledLength, Gather(values, image));
        if (map >= 0)
            _values!.Write(SampledImages * SampledLength + map * MapLength, values);
    }

    /// <summary>Values of an image that is sampled [samples, channels]; valid until the thread reads others.</summary>
    public ReadOnlySpan<float> Read(int image) => _values!.Read(PlaceOf(image) * SampledLength, SampledLength);

    /// <summary>Values at all pixels of an image [pixels, channels]; valid until the thread reads others.</summary>
    /// <param name="map">Place of the image among those whose pixels are all wanted.</param>
    public ReadOnlySpan<float> ReadMap(int map) => _values!.Read(SampledImages * SampledLength + map * MapLength, MapLength);

    /// <summary>Gives memory back.</summary>
    public void Release() => (_values as IDisposable)?.Dispose();

    /// <summary>Where an image stands among those that are sampled: at its number, if these are all; −1 if it is not sampled.</summary>
    private int PlaceOf(int image)
    {
        if (layout.Every == 1)
            return image;
        (bool isHeldOut, int place) = images.PlaceOf(image, layout.Every);
        return isHeldOut && place >= 0 ? images.CountOf(false, layout.Every) + place : place;
    }

    private Span<float> Gather(ReadOnlySpan<float> values, int image)
    {
        Span<float> gathered = GrowingArray.Take(ref _gathered, SampledLength), left = gathered;
        foreach (int pixel in layout.PixelsOf(image))
        {
            values.Slice(pixel * channels, channels).CopyTo(left);
            left = left[channels..];
        }

        return gathered;
    }
}
