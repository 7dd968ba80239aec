using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>Zips two SinGANs, scale by scale: the first layers of each scale's generators become one, the others stay apart.</summary>
/// <remarks>Both generate images of the first one's sizes; the generators take any size.</remarks>
internal sealed class ZippedPyramids(Pyramid first, Pyramid second, int calibrationImages)
{
    private const int FirstCalibrationSeed = 1000;

    private readonly Pyramid[] _pyramids = [first, second];

    /// <summary>Number of layers of each generator that can be shared: all but the last.</summary>
    public int MostLayers => first.Border - 1;

    /// <summary>The networks of all scales with their first layers zipped.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="options">How to zip; the cut does not count.</param>
    /// <param name="progress">Is told how many scales are done.</param>
    /// <exception cref="InvalidDataException">The pyramids have different numbers of scales, or their generators different shapes.</exception>
    public IReadOnlyList<Network> Zip(int layers, ZipOptions options, Action<int>? progress = null)
    {
        if (first.Scales != second.Scales || first.Border != second.Border)
        {
            throw new InvalidDataException($"Expected two SinGANs of one form, found {first.Scales} scales with {first.Border} layers in '{first.Name}', "
                + $"{second.Scales} with {second.Border} in '{second.Name}'.");
        }

        Tensor[][] inputs = CollectInputs();
        var networks = new List<Network>();
        for (int scale = 0; scale < first.Scales; scale++)
        {
            ZipMember[] members =
                [.. _pyramids.Select((pyramid, i) => new ZipMember(NameOf(i), Rename(pyramid.CreateNetwork(scale, first.Sizes[scale]), NameOf(i))))];
            var images = new InMemoryImages(Stack(inputs[scale]));
            networks.Add(new Zipper(members, options with { Cut = ZipCut.AfterLayers(layers) }).Zip(images).Network);
            progress?.Invoke(scale + 1);
        }

        return networks;
    }

    /// <summary>Generates an image with zipped networks.</summary>
    /// <param name="networks">The networks of all scales.</param>
    /// <param name="pyramid">Whose image: 0 or 1.</param>
    /// <param name="seed">Seed of the noise.</param>
    public Tensor Generate(IReadOnlyList<Network> networks, int pyramid, int seed)
    {
        var chain = new Chain(_pyramids[pyramid], first.Sizes, networks, NameOf(pyramid));
        return chain.Generate(chain.DrawNoise(seed));
    }

    /// <summary>Generates an image with a pyramid alone, at the same sizes and with the same noise.</summary>
    public Tensor GenerateAlone(int pyramid, int seed)
    {
        Chain chain = CreateChain(pyramid);
        return chain.Generate(chain.DrawNoise(seed));
    }

    /// <summary>Two SinGANs may have the same name.</summary>
    private string NameOf(int pyramid) => first.Name != second.Name ? _pyramids[pyramid].Name : $"{_pyramids[pyramid].Name} {pyramid + 1}";

    private static Network Rename(Network network, string head) => new(new Head(head, network.Heads[0].Node));

    private Chain CreateChain(int pyramid)
    {
        Pyramid own = _pyramids[pyramid];
        return new Chain(own, first.Sizes, [.. first.Sizes.Select((size, scale) => own.CreateNetwork(scale, size))], own.Name);
    }

    /// <summary>What goes into the generators of each scale while both generate images.</summary>
    private Tensor[][] CollectInputs()
    {
        List<Tensor>[] inputs = [.. Enumerable.Range(0, first.Scales).Select(_ => new List<Tensor>())];
        for (int image = 0; image < calibrationImages; image++)
        {
            for (int pyramid = 0; pyramid < 2; pyramid++)
            {
                Chain chain = CreateChain(pyramid);
                chain.Generate(chain.DrawNoise(FirstCalibrationSeed + image), (scale, input) => inputs[scale].Add(input));
            }
        }

        return [.. inputs.Select(list => list.ToArray())];
    }

    private static Tensor Stack(Tensor[] images)
    {
        var stacked = new Tensor([images.Length, .. images[0].Shape]);
        for (int i = 0; i < images.Length; i++)
            images[i].Span.CopyTo(stacked.Span[(i * images[i].Length)..]);
        return stacked;
    }
}
