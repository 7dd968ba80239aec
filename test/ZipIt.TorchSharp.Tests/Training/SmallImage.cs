using Microsoft.ML.Data;

namespace ZipIt.TorchSharp.Tests.Training;

/// <summary>An image of 8×8 pixels.</summary>
internal sealed class SmallImage
{
    [VectorType(3, 8, 8)]
    public float[] Pixels { get; set; } = [];

    public string Color { get; set; } = "";
}
