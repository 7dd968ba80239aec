using Microsoft.ML;
using Quickstart;
using ZipIt.Networks;

namespace Curve;

/// <summary>Labelled images in memory.</summary>
/// <param name="Pixels">Planar red, green and blue, 0–255 [images, 3, height, width].</param>
/// <param name="Labels">One label per image.</param>
internal sealed record LabelledPixels(Tensor Pixels, string[] Labels);

/// <summary>Reads images by an ML.NET pipeline, as a program would that serves the zipped model.</summary>
internal static class ImagePixelsReader
{
    private const int Size = CifarImages.Size;

    /// <summary>Reads all images of a set.</summary>
    public static LabelledPixels Read(ImageSet images)
    {
        var context = new MLContext(seed: 1);
        IDataView rows = images.Load(context);
        if (images.AreFiles)
            rows = ImageSet.CreateLoading(context, Size, Size).Fit(rows).Transform(rows);
        ImagePixels[] all = images.Read(context, rows);
        var pixels = new Tensor(all.Length, 3, Size, Size);
        for (int i = 0; i < all.Length; i++)
            all[i].Pixels.CopyTo(pixels.Slice(i, 1).Span);
        return new LabelledPixels(pixels, [.. all.Select(image => image.Label)]);
    }
}
