using Reproduction.Data;

namespace Reproduction.ImageNet;

/// <summary>Images that are worked out when they are asked for: waves, whose lengths, directions and colours tell the class, and noise.</summary>
/// <param name="classes">Number of classes.</param>
/// <param name="perClass">Number of images of each class.</param>
/// <param name="size">Height and width.</param>
/// <param name="seed">Seed of the noise and of where waves begin; classes look alike with every seed.</param>
internal sealed class MadeUpImages(int classes, int perClass, int size, int seed)
    : LabelledImages([.. Enumerable.Range(0, classes).Select(number => $"class{number:D4}")], [Channels, size, size])
{
    private const int Channels = 3;
    private const double Noise = 40;

    /// <inheritdoc/>
    public override int Count => classes * perClass;

    /// <inheritdoc/>
    public override int ClassOf(int image) => image % classes;

    /// <inheritdoc/>
    public override void Read(int image, Span<float> pixels)
    {
        Random looks = new(ClassOf(image)), own = new(SeedOf(image));
        double angle = looks.NextDouble() * Math.PI, waves = 2 + 6 * looks.NextDouble(), start = own.NextDouble() * 2 * Math.PI;
        for (int channel = 0; channel < Channels; channel++)
        {
            double height = 40 + 60 * looks.NextDouble(), level = 100 + 56 * looks.NextDouble();
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    double place = (Math.Cos(angle) * x + Math.Sin(angle) * y) / size * waves * 2 * Math.PI;
                    double value = level + height * Math.Sin(place + start) + Noise * (own.NextDouble() - 0.5);
                    pixels[(channel * size + y) * size + x] = (float)Math.Clamp(Math.Round(value), 0, 255);
                }
            }
        }
    }

    private int SeedOf(int image) => unchecked(seed * 1_000_003 + image);
}
