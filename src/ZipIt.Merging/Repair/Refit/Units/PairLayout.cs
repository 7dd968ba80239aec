namespace ZipIt.Merging;

/// <summary>What the joint problem of a pair of units looks like.</summary>
/// <param name="Pair">The units.</param>
/// <param name="First">Layout of the first unit's columns.</param>
/// <param name="Second">Layout of the second unit's columns.</param>
internal sealed record PairLayout(RefitPair Pair, SampleLayout First, SampleLayout Second)
{
    private const int PixelsPerUnknown = 100;
    private const int LeastPixels = 32_000;
    private const int MostPixels = 64_000;
    private const int Large = 1000; // unknowns, from which on the least pixels must do: a round takes long there
    private const int LeastImages = 16;

    /// <summary>The second unit's columns that are hidden features.</summary>
    public PatchColumns Reader => Second.ColumnsOf(0)[Pair.ReaderIndex];

    /// <summary>The first of these columns.</summary>
    public int ReaderColumn { get; } = Second.ColumnsOf(0).Take(Pair.ReaderIndex).Sum(columns => columns.Count);

    /// <summary>Memory that the design matrices of one image take, in bytes.</summary>
    public long ImageBytes => First.WholeBytesPerImage + Second.WholeBytesPerImage;

    /// <summary>Whether what the second unit lacks is taken back to the hidden features by Winograd's convolution.</summary>
    public bool TakesWindowsBack => Second.WholeWindow is not null && Reader.IsSame3x3;

    /// <summary>The images that suffice: more where they are small and where there are many unknowns.</summary>
    /// <param name="images">Number of all images.</param>
    /// <param name="heldOut">Images that stay out; null for none.</param>
    public ImageSubset ChooseImages(int images, HeldOutImages? heldOut)
    {
        int unknowns = Math.Max(First.Columns, Second.Columns);
        int pixels = unknowns > Large ? LeastPixels : Math.Clamp(PixelsPerUnknown * unknowns, LeastPixels, MostPixels);
        int available = heldOut?.OtherCount ?? images;
        return new ImageSubset(Math.Min(available, Math.Max(LeastImages, (pixels + Second.Area - 1) / Second.Area)), images, heldOut);
    }
}
