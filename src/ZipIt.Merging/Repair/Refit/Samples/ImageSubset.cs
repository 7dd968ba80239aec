namespace ZipIt.Merging;

/// <summary>
/// Some of the calibration images: one out of each of as many equal stretches, at a place that differs from stretch to stretch, so that images whose classes or
/// tasks take turns are all met (taking every eighth of images that alternate between two tasks would only ever meet one of them).
/// </summary>
/// <param name="Count">Number of images in the subset.</param>
/// <param name="Total">Number of all images.</param>
/// <param name="HeldOut">Images that stay out; null for none.</param>
internal readonly record struct ImageSubset(int Count, int Total, HeldOutImages? HeldOut = null)
{
    private const double Golden = 0.6180339887498949;

    /// <summary>An image's place in the subset, or −1 if it is not in it.</summary>
    public int PlaceOf(int image)
    {
        int number = HeldOut?.NumberAmongOthers(image) ?? image;
        int place = (int)((long)number * Count / Available);
        return number >= 0 && number == NumberAt(place) ? place : -1;
    }

    private int Available => HeldOut?.OtherCount ?? Total;

    private int NumberAt(int place)
    {
        int first = FirstOf(place);
        double position = (place + 1) * Golden;
        return first + (int)((position - Math.Floor(position)) * (FirstOf(place + 1) - first));
    }

    /// <summary>The first image of a stretch.</summary>
    private int FirstOf(int place) => (int)(((long)place * Available + Count - 1) / Count);
}
