namespace Reproduction.Data;

/// <summary>Images whose bytes are in memory.</summary>
/// <param name="labels">Names of the classes.</param>
/// <param name="shape">Shape of one image: [channels, height, width].</param>
/// <param name="pixels">The values of all images, planar, one after the other.</param>
/// <param name="classes">Class of each image.</param>
internal sealed class PackedImages(IReadOnlyList<string> labels, int[] shape, byte[] pixels, int[] classes) : LabelledImages(labels, shape)
{
    /// <inheritdoc/>
    public override int Count => classes.Length;

    /// <inheritdoc/>
    public override int ClassOf(int image) => classes[image];

    /// <inheritdoc/>
    public override void Read(int image, Span<float> target)
    {
        ReadOnlySpan<byte> own = pixels.AsSpan(image * Length, Length);
        for (int i = 0; i < own.Length; i++)
            target[i] = own[i];
    }
}
