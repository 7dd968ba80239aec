using Microsoft.ML.Data;

namespace Quickstart;

/// <summary>An image file.</summary>
public sealed class ImageFile
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>An image in memory: planar red, green and blue, 0–255.</summary>
public sealed class ImagePixels
{
    public float[] Pixels { get; set; } = [];

    public string Label { get; set; } = "";

    /// <summary>The schema of rows whose images have a given size.</summary>
    internal static SchemaDefinition DefineSchema(VectorDataViewType pixels)
    {
        var schema = SchemaDefinition.Create(typeof(ImagePixels));
        schema[nameof(Pixels)].ColumnType = pixels;
        return schema;
    }
}

/// <summary>What the zipped model says of an image.</summary>
public sealed class ImagePrediction
{
    /// <summary>Probability of each class of all tasks.</summary>
    public float[] Score { get; set; } = [];
}
