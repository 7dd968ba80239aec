namespace ZipIt.Merging;

/// <summary>Some of the calibration images, spread evenly over all of them.</summary>
/// <param name="Count">Number of images in the subset.</param>
/// <param name="Total">Number of all images.</param>
internal readonly record struct ImageSubset(int Count, int Total)
{
    /// <summary>An image's place in the subset, or −1 if it is not in it.</summary>
    public int PlaceOf(int image)
    {
        int place = (int)((long)image * Count / Total);
        return (long)(image + 1) * Count / Total > place ? place : -1;
    }
}
