namespace ZipIt.Merging;

/// <summary>The pixels of a map that statistics are taken at.</summary>
/// <param name="Area">Pixels of the map.</param>
/// <param name="PerImage">Pixels that are taken of each image.</param>
internal readonly record struct PixelSample(int Area, int PerImage)
{
    private const int LeastPixels = 256;
    private const int FeaturesPerPixel = 2; // of an image: 100 images are 50 samples per feature, more than a refit's layers have

    /// <summary>All pixels.</summary>
    public static PixelSample All(int area) => new(area, area);

    /// <summary>As many pixels of every image as are enough where there are a hundred images: neighbouring ones are much alike.</summary>
    /// <param name="area">Pixels of the map.</param>
    /// <param name="features">Number of features of all models.</param>
    public static PixelSample Enough(int area, int features) => new(area, Math.Min(area, Math.Max(LeastPixels, features / FeaturesPerPixel)));

    /// <summary>The number of a pixel: they are spread evenly, and begin elsewhere in every image (golden ratio).</summary>
    /// <param name="image">Number of the image.</param>
    /// <param name="sample">Which of the image's pixels that are taken.</param>
    public int PixelOf(long image, int sample)
    {
        const double Golden = 0.6180339887498949;
        if (PerImage == Area)
            return sample;
        double position = image * Golden;
        return Math.Min((int)((sample + (position - Math.Floor(position))) * Area / PerImage), Area - 1); // sums may be rounded up
    }
}
