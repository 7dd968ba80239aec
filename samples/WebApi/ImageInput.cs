using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace WebApi;

/// <summary>What the model takes.</summary>
public sealed class ImageInput
{
    /// <summary>The image, of any size: the model resizes it. (ML.NET wants a size to be named.)</summary>
    [ImageType(32, 32)]
    public MLImage? Image { get; set; }

    /// <summary>Not used. Pipelines that map labels to keys, as Model Builder's do, ask for the column all the same.</summary>
    public string? Label { get; set; }
}
