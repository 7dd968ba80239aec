namespace ZipIt.Networks;

/// <summary>A pair of spatial extents.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct Size2(int Height, int Width)
{
    /// <summary>The same extent in both directions.</summary>
    public static implicit operator Size2(int extent) => new(extent, extent);

    /// <inheritdoc/>
    public override string ToString() => Height == Width ? $"{Height}" : $"{Height}×{Width}";
}
