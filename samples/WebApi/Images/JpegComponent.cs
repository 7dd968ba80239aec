namespace WebApi;

/// <summary>A component of a JPEG picture: brightness or a color, in blocks of 8×8 pixels.</summary>
internal sealed class JpegComponent
{
    /// <summary>Number of coefficients of a block.</summary>
    public const int Coefficients = 64;

    private ulong[]? _seen;

    /// <summary>Its name in the file.</summary>
    public required byte Id { get; init; }

    /// <summary>Blocks across and down of a unit that holds all components.</summary>
    public required (int Across, int Down) UnitBlocks { get; init; }

    /// <summary>Blocks across and down of the component alone.</summary>
    public required (int Across, int Down) Blocks { get; init; }

    /// <summary>Blocks across with those that fill the last unit.</summary>
    public required int Stride { get; init; }

    /// <summary>Blocks with those that fill the last units.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Coefficients that have come to their last bit, as bits.</summary>
    public ulong Finished { get; set; }

    /// <summary>For each block the coefficients that are not 0 so far, as bits: later scans of a progressive picture have a bit more for these.</summary>
    public ulong[] Seen => _seen ??= new ulong[BlockCount];
}
