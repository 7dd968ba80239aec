namespace Microsoft.ML.Data;

/// <summary>How an image is fitted into another size.</summary>
internal enum ImageResizeMode
{
    /// <summary>The whole image is shown, with black bars.</summary>
    Pad = 0,

    /// <summary>Width and height are stretched on their own.</summary>
    Fill = 1,

    /// <summary>The target is filled, keeping the top.</summary>
    CropAnchorTop = 2,

    /// <summary>The target is filled, keeping the bottom.</summary>
    CropAnchorBottom = 3,

    /// <summary>The target is filled, keeping the left.</summary>
    CropAnchorLeft = 4,

    /// <summary>The target is filled, keeping the right.</summary>
    CropAnchorRight = 5,

    /// <summary>The target is filled, keeping the centre.</summary>
    CropAnchorCentral = 6,
}
