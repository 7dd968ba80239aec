using ZipIt.MLNet;
using ZipIt.Networks;

namespace Reproduction.Training;

/// <summary>
/// Prototypes for classes of which there are no text features: unit vectors with one direction in common and one of their own each, as similar to each other as
/// those of a text encoder are.
/// </summary>
internal static class RandomPrototypes
{
    /// <summary>Factor of the cosines before the softmax.</summary>
    public const float Scale = 30;

    private const double Similarity = 0.75;

    /// <summary>Draws prototypes.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="length">Number of values of a vector.</param>
    /// <param name="seed">Seed.</param>
    public static ClassPrototypes Draw(int classes, int length = 512, int seed = 1)
    {
        var random = new Random(seed);
        double[] common = DrawDirection(random, length);
        var vectors = new Tensor(classes, length);
        for (int c = 0; c < classes; c++)
        {
            double[] own = DrawDirection(random, length);
            for (int i = 0; i < length; i++)
                vectors.Span[c * length + i] = (float)(Math.Sqrt(Similarity) * common[i] + Math.Sqrt(1 - Similarity) * own[i]);
        }

        return new ClassPrototypes(vectors, Scale);
    }

    private static double[] DrawDirection(Random random, int length)
    {
        double[] values = [.. Enumerable.Range(0, length).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
        double norm = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => value / norm)];
    }
}
