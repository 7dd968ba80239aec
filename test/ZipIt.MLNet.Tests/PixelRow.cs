using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>A small image with its class.</summary>
public sealed class PixelRow
{
    /// <summary>Pixels [3, 8, 8], 0–255.</summary>
    [VectorType(3, 8, 8)]
    public float[]? Pixels { get; set; }

    public string? Class { get; set; }

    public int Number { get; set; }
}
