namespace Reproduction.Data;

/// <summary>Some images of another set, perhaps with other classes.</summary>
/// <param name="source">The other set.</param>
/// <param name="labels">Names of the classes.</param>
/// <param name="images">Numbers of the images there.</param>
/// <param name="classes">Their classes here.</param>
internal sealed class ImageSelection(LabelledImages source, IReadOnlyList<string> labels, IReadOnlyList<int> images, IReadOnlyList<int> classes)
    : LabelledImages(labels, [.. source.Shape])
{
    /// <inheritdoc/>
    public override int Count => images.Count;

    /// <inheritdoc/>
    public override int ClassOf(int image) => classes[image];

    /// <inheritdoc/>
    public override void Read(int image, Span<float> pixels) => source.Read(images[image], pixels);
}
