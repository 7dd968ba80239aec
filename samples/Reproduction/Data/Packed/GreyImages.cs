namespace Reproduction.Data;

/// <summary>Small grey images whose bytes are in memory; shown with three equal channels of 32×32 pixels, black around them.</summary>
/// <param name="labels">Names of the classes.</param>
/// <param name="size">Height and width of an image in memory, at most 32.</param>
/// <param name="pixels">The values of all images, one after the other.</param>
/// <param name="classes">Class of each image.</param>
internal sealed class GreyImages(IReadOnlyList<string> labels, int size, byte[] pixels, byte[] classes) : LabelledImages(labels, [Channels, Shown, Shown])
{
    private const int Channels = 3;
    private const int Shown = 32;

    /// <inheritdoc/>
    public override int Count => classes.Length;

    /// <inheritdoc/>
    public override int ClassOf(int image) => classes[image];

    /// <inheritdoc/>
    public override void Read(int image, Span<float> target)
    {
        ReadOnlySpan<byte> own = pixels.AsSpan(image * size * size, size * size);
        int border = (Shown - size) / 2;
        Span<float> plane = target[..(Shown * Shown)];
        plane.Clear();
        for (int i = 0; i < own.Length; i++)
            plane[(border + i / size) * Shown + border + i % size] = own[i];
        for (int channel = 1; channel < Channels; channel++)
            plane.CopyTo(target[(channel * Shown * Shown)..]);
    }
}
