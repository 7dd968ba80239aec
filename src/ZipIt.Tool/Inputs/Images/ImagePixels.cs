using Microsoft.ML.Data;

namespace ZipIt.Tool.Inputs;

/// <summary>A row of ML.NET's data: an image in memory, planar red, green and blue, 0–255.</summary>
internal sealed class ImagePixels
{
    /// <summary>The pixels.</summary>
    public float[] Pixels { get; set; } = [];

    /// <summary>The schema of rows whose images have a given size.</summary>
    /// <param name="shape">Shape of one image: [channels, height, width].</param>
    public static SchemaDefinition DefineSchema(ReadOnlySpan<int> shape)
    {
        var schema = SchemaDefinition.Create(typeof(ImagePixels));
        schema[nameof(Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, shape.ToArray());
        return schema;
    }
}
