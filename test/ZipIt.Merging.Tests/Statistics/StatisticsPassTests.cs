using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class StatisticsPassTests
{
    private const int Extent = 24;
    private const int Area = (Extent - 2) * (Extent - 2); // of the features
    private const int ImageCount = 7;

    private static readonly InMemoryImages Images = new(new NetworkGenerator(3).DrawTensor(1, ImageCount, 3, Extent, Extent));

    private static readonly ZipMember[] Members = [new("A", Draw(1)), new("B", Draw(2))];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_LargeMaps_TakesSomePixelsOnlyIfWeightsAreRefitted(bool isRefitted)
    {
        SpaceStatistics actual = Assert.Single(Collect(isRefitted, 4));

        PixelSample pixels = isRefitted ? PixelSample.Enough(Area, 8) : PixelSample.All(Area);
        float[][] features = [.. Members.Select(member => FeaturesOf(member.Network))];
        double[][] samples = [.. Enumerable.Range(0, ImageCount).SelectMany(image => Enumerable.Range(0, pixels.PerImage)
            .Select(sample => features.SelectMany(own => At(own, image, pixels.PixelOf(image, sample))).ToArray()))];
        Assert.Equal(ImageCount * (isRefitted ? 256 : Area), actual.Statistics.Samples);
        for (int i = 0; i < 8; i++)
        {
            double mean = samples.Average(sample => sample[i]);
            Assert.Equal(mean, actual.Statistics.Mean[i], 1e-5);
            for (int j = 0; j < 8; j++)
            {
                double covariance = samples.Average(sample => sample[i] * sample[j]) - mean * samples.Average(sample => sample[j]);
                Assert.Equal(covariance, actual.Statistics.Covariance[i, j], 1e-5);
            }
        }
    }

    [Fact]
    public void Run_OtherGroupsOfImages_GivesTheSame()
    {
        FeatureStatistics expected = Collect(true, 2)[0].Statistics, actual = Collect(true, 5)[0].Statistics;

        Assert.Equal(expected.Mean, actual.Mean);
        Assert.Equal(expected.Covariance.Values, actual.Covariance.Values);
    }

    private static IReadOnlyList<SpaceStatistics> Collect(bool isRefitted, int batchSize)
    {
        ZipOptions options = ZipOptions.For(isRefitted ? ZipMethod.Best : ZipMethod.Paper) with
        {
            Cut = ZipCut.AfterLayers(1),
            BatchSize = batchSize,
            CalibrationCheck = CalibrationCheck.Skip,
        };
        return new Zipper(Members, options).CollectStatistics(Images);
    }

    /// <summary>A layer of 4 channels with activation, and a head.</summary>
    private static Network Draw(int seed)
    {
        var draw = new NetworkGenerator(seed);
        var conv = new Node("conv", draw.DrawConv(3, 4, 3), new Node("image", new Input(3, Extent, Extent)));
        var pool = new Node("pool", new GlobalAveragePool(), new Node("relu", new ReLU(), conv));
        return new Network(new Head("output", new Node("head", draw.DrawLinear(4, 5), new Node("flat", new Flatten(), pool))));
    }

    /// <summary>Features of all images [images, pixels, channels].</summary>
    private static float[] FeaturesOf(Network network)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = ImageCount, Taps = ["relu"] });
        session.Run(Images.ReadBatches(ImageCount).First().Pixels.Span, ImageCount);
        return session.GetTap(0).ToArray();
    }

    private static IEnumerable<double> At(float[] features, int image, int pixel) =>
        features.AsSpan((image * Area + pixel) * 4, 4).ToArray().Select(value => (double)value);
}
