namespace ZipIt.Merging;

/// <summary>
/// The eighth of the calibration images that errors are measured on, spread evenly but not in step with anything (multiples of the golden ratio): images
/// often come with their classes or tasks in turn, and every eighth one would then belong to some of them only.
/// </summary>
internal sealed class HeldOutImages : IEquatable<HeldOutImages>
{
    private const int Enough = 100; // of fewer, every one is needed
    private const double Share = 1.0 / 8;

    private readonly int[] _numbers;

    /// <summary>Tells them from the others.</summary>
    /// <param name="total">Number of all images.</param>
    public HeldOutImages(int total)
    {
        _numbers = new int[total];
        int others = 0;
        for (int image = 0; image < total; image++)
            _numbers[image] = Contains(image) ? -1 : others++;
        OtherCount = others;
    }

    /// <summary>Number of images that are not held out.</summary>
    public int OtherCount { get; }

    /// <summary>
    /// Those of a refit whose layers, but for the heads, are not fitted to them; null if there are too few images for that, or the tasks are not known, so
    /// that nothing is measured there.
    /// </summary>
    public static HeldOutImages? For(ZipOptions options, int images) => options.Tasks.Count > 0 && images >= Enough ? new HeldOutImages(images) : null;

    /// <summary>Whether an image is held out.</summary>
    public static bool Contains(int image)
    {
        const double Golden = 0.6180339887498949, Start = 0.75;
        double position = image * Golden + Start;
        return position - Math.Floor(position) < Share;
    }

    /// <summary>An image's number among those that are not held out; −1 if it is.</summary>
    public int NumberAmongOthers(int image) => _numbers[image];

    /// <inheritdoc/>
    public bool Equals(HeldOutImages? other) => other?._numbers.Length == _numbers.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as HeldOutImages);

    /// <inheritdoc/>
    public override int GetHashCode() => _numbers.Length;
}
