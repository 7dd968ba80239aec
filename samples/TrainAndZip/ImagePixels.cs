using Microsoft.ML.Data;

namespace TrainAndZip;

/// <summary>An image that is decoded: planar red, green and blue, 0–255.</summary>
internal sealed class ImagePixels
{
    [VectorType(3, 32, 32)]
    public float[] Pixels { get; set; } = [];

    public string Class { get; set; } = "";
}
