using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms.Image;

/// <summary>Makes a member of type <see cref="MLImage"/> a column of images of one size.</summary>
public sealed class ImageTypeAttribute : DataViewTypeAttribute
{
    /// <summary>An attribute without a size, of which no column can be made.</summary>
    public ImageTypeAttribute()
    {
    }

    /// <summary>Images of one size.</summary>
    public ImageTypeAttribute(int height, int width)
    {
        Height = height;
        Width = width;
    }

    internal int Height { get; }

    internal int Width { get; }

    /// <inheritdoc/>
    public override bool Equals(DataViewTypeAttribute other) => other is ImageTypeAttribute image && image.Height == Height && image.Width == Width;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width);

    /// <inheritdoc/>
    public override void Register() => DataViewTypeManager.Register(new ImageDataViewType(Height, Width), typeof(MLImage), this);
}
