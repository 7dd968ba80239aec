using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.Tool.Inputs;

/// <summary>A row of ML.NET's data: an image of any size. (ML.NET wants a size to be named.)</summary>
internal sealed class LoadedImage
{
    /// <summary>The image.</summary>
    [ImageType(32, 32)]
    public MLImage? Image { get; set; }
}
