using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Inputs;

/// <summary>Looks into a set of images.</summary>
internal static class ImageSetLabels
{
    /// <summary>The labels of all images.</summary>
    public static IEnumerable<string?> Labels(this ImageSet images) => Enumerable.Range(0, images.Count).Select(images.LabelOf);
}
