using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>Labelled images in CIFAR-10's binary layout, with any number of classes.</summary>
/// <param name="Pixels">Pixels of 0–255 [images, 3, 32, 32].</param>
/// <param name="Labels">Class of each image.</param>
internal sealed record CifarRecords(Tensor Pixels, int[] Labels)
{
    private const int PixelsPerImage = 3 * 32 * 32;

    /// <summary>Reads a file.</summary>
    public static CifarRecords Load(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int count = bytes.Length / (PixelsPerImage + 1);
        var pixels = new Tensor(count, 3, 32, 32);
        var labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = bytes.AsSpan(i * (PixelsPerImage + 1), PixelsPerImage + 1);
            labels[i] = record[0];
            for (int p = 0; p < PixelsPerImage; p++)
                pixels.Span[i * PixelsPerImage + p] = record[p + 1];
        }

        return new CifarRecords(pixels, labels);
    }

    /// <summary>Some of the images.</summary>
    public CifarRecords Pick(IEnumerable<int> records)
    {
        int[] picked = [.. records];
        var pixels = new Tensor(picked.Length, 3, 32, 32);
        for (int i = 0; i < picked.Length; i++)
            Pixels.Span.Slice(picked[i] * PixelsPerImage, PixelsPerImage).CopyTo(pixels.Span[(i * PixelsPerImage)..]);
        return new CifarRecords(pixels, [.. picked.Select(record => Labels[record])]);
    }

    /// <summary>A number of images, evenly spread over the file.</summary>
    public CifarRecords Spread(int count) => Pick(Enumerable.Range(0, count).Select(i => (int)((long)i * Labels.Length / count)));

    /// <summary>These images and others in mixed order, the same on every run.</summary>
    /// <param name="others">The others.</param>
    /// <param name="firstLabel">What is added to their labels.</param>
    public CifarRecords MixWith(CifarRecords others, int firstLabel)
    {
        var pixels = new Tensor(Labels.Length + others.Labels.Length, 3, 32, 32);
        Pixels.Span.CopyTo(pixels.Span);
        others.Pixels.Span.CopyTo(pixels.Span[Pixels.Length..]);
        int[] order = [.. Enumerable.Range(0, pixels[0])];
        new Random(5).Shuffle(order);
        return new CifarRecords(pixels, [.. Labels, .. others.Labels.Select(label => label + firstLabel)]).Pick(order);
    }

    /// <summary>The images with other pixels.</summary>
    public CifarRecords Change(Func<float, float> change)
    {
        Tensor pixels = Pixels.Clone();
        foreach (ref float value in pixels.Span)
            value = change(value);
        return this with { Pixels = pixels };
    }

    public InMemoryImages ToImages() => new(Pixels, Labels);
}
