using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms.Image;

/// <summary>What the options of a resized column come to.</summary>
internal static class ColumnOptionsExtensions
{
    /// <summary>The mode of resizing.</summary>
    public static ImageResizeMode Mode(this ImageResizingEstimator.ColumnOptions column) => column.Resizing switch
    {
        ImageResizingEstimator.ResizingKind.IsoPad => ImageResizeMode.Pad,
        ImageResizingEstimator.ResizingKind.Fill => ImageResizeMode.Fill,
        _ => column.Anchor switch
        {
            ImageResizingEstimator.Anchor.Top => ImageResizeMode.CropAnchorTop,
            ImageResizingEstimator.Anchor.Bottom => ImageResizeMode.CropAnchorBottom,
            ImageResizingEstimator.Anchor.Left => ImageResizeMode.CropAnchorLeft,
            ImageResizingEstimator.Anchor.Right => ImageResizeMode.CropAnchorRight,
            _ => ImageResizeMode.CropAnchorCentral,
        },
    };
}
