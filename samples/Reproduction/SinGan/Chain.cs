using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>
/// Generates images: noise through the generators of all scales, each of which adds details to the enlarged image of the scale before (Shaham et al. 2019,
/// eqs. 1 and 2).
/// </summary>
/// <param name="pyramid">Whose amplitudes of noise count.</param>
/// <param name="sizes">Size of the image at each scale in pixels.</param>
/// <param name="networks">The network of each scale: the pyramid's own, or zipped ones.</param>
/// <param name="head">Name of the output that is the pyramid's.</param>
internal sealed class Chain(Pyramid pyramid, IReadOnlyList<Size2> sizes, IReadOnlyList<Network> networks, string head)
{
    /// <summary>Generates an image.</summary>
    /// <param name="noise">Noise of each scale [channels, height + 2·border, width + 2·border], 0 in the border.</param>
    /// <param name="visit">Is given what goes into each scale's network, if it is wanted.</param>
    /// <returns>The image [channels, height, width], −1 … 1.</returns>
    public Tensor Generate(IReadOnlyList<Tensor> noise, Action<int, Tensor>? visit = null)
    {
        Tensor? image = null;
        for (int scale = 0; scale < networks.Count; scale++)
        {
            Tensor? enlarged = image is null ? null : CubicEnlargement.Apply(image, pyramid.Factor, sizes[scale]);
            Tensor input = Combine(noise[scale], pyramid.AmplitudeOf(scale), enlarged, pyramid.Border);
            visit?.Invoke(scale, input);
            image = Run(networks[scale], input);
            for (int i = 0; enlarged is not null && i < image.Length; i++)
                image.Span[i] += enlarged.Span[i];
        }

        return image!;
    }

    /// <summary>Noise for all scales: the same in all colours at the coarsest one.</summary>
    public IReadOnlyList<Tensor> DrawNoise(int seed)
    {
        var random = new Random(seed);
        return [.. sizes.Select((size, scale) =>
        {
            int channels = networks[scale].ShapeOf(networks[scale].Inputs[0])[0], border = pyramid.Border;
            (int height, int width) = (size.Height + 2 * border, size.Width + 2 * border);
            var noise = new Tensor(channels, height, width);
            for (int c = 0; c < channels; c++)
            {
                for (int y = border; y < height - border; y++)
                {
                    for (int x = border; x < width - border; x++)
                        noise.Span[(c * height + y) * width + x] = c > 0 && scale == 0 ? noise.Span[y * width + x] : DrawNormal(random);
                }
            }

            return noise;
        })];
    }

    private static Tensor Combine(Tensor noise, float amplitude, Tensor? image, int border)
    {
        var sum = new Tensor(noise.Shape);
        (int height, int width) = (noise[1], noise[2]);
        for (int i = 0; i < sum.Length; i++)
            sum.Span[i] = amplitude * noise.Span[i];
        for (int i = 0; image is not null && i < image.Length; i++)
        {
            (int row, int x) = Math.DivRem(i, image[2]);
            (int c, int y) = Math.DivRem(row, image[1]);
            sum.Span[(c * height + y + border) * width + x + border] += image.Span[i];
        }

        return sum;
    }

    private Tensor Run(Network network, Tensor input)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1 });
        session.Run(input.Span, 1);
        int index = network.Heads.Select(output => output.Name).ToList().IndexOf(head);
        ReadOnlySpan<float> values = session.GetOutput(index); // channels last
        var image = new Tensor(network.ShapeOf(network.Heads[index].Node));
        (int channels, int pixels) = (image[0], image[1] * image[2]);
        for (int i = 0; i < image.Length; i++)
            image.Span[i] = values[i % pixels * channels + i / pixels];
        return image;
    }

    private static float DrawNormal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
