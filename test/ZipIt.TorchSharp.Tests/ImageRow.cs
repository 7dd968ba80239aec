using Microsoft.ML.Data;

namespace ZipIt.TorchSharp.Tests;

/// <summary>An image of CIFAR-10.</summary>
internal sealed class ImageRow
{
    [VectorType(3, 32, 32)]
    public float[] Pixels { get; set; } = [];

    public string Class { get; set; } = "";
}
