using System.Numerics.Tensors;
using FsCheck;
using FsCheck.Fluent;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>
/// Windows of any geometry, also such as no trained network has, against the naive loop. The steps assert in debug builds that they stay inside the memory of
/// their values; before the run that counts, one on values that are not numbers fills that memory, so that whatever is read without having been written shows.
/// </summary>
public class GeometryTests
{
    private const int MostWork = 40_000;

    /// <summary>The vectors that this processor has.</summary>
    public static TheoryData<string> Kernels => [.. KernelSet.Supported.Select(kernels => kernels.ToString()!)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Run_AnyConvolution_AgreesWithNaiveLoop(string kernels) => CheckAll(random =>
    {
        var generator = new NetworkGenerator(random.Next());
        bool winograd = random.Next(3) == 0;
        int groups = winograd ? 1 : Pick(random, 1, 1, 2, 5);
        int inputs = winograd ? 16 : groups * Pick(random, 1, 1, 3, 8);
        int outputs = winograd ? 16 : groups == inputs ? groups : groups * Pick(random, 1, 2, 17);
        Size2 kernel = winograd ? 3 : DrawSize(random, 1, 1, 2, 3, 4, 7, 30);
        Conv2d conv = generator.DrawConv(
            inputs,
            outputs,
            kernel,
            winograd ? 1 : DrawSize(random, 1, 1, 2, 3, 7, 100, NetworkLimits.Extent),
            DrawSize(random, 0, 0, 1, 1, 2, 3, 6, 30, 500),
            winograd ? 1 : DrawSize(random, 1, 1, 2, 3, 15, kernel == (Size2)1 ? NetworkLimits.Extent : 70),
            groups,
            bias: random.Next(2) == 0);
        return TryCheck(kernels, generator, new Input(inputs, Pick(random, 1, 2, 3, 5, 8), Pick(random, 1, 2, 4, 9)), conv, conv.Weight.Length);
    });

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Run_AnyPool_AgreesWithNaiveLoop(string kernels) => CheckAll(random =>
    {
        var generator = new NetworkGenerator(random.Next());
        Size2 kernel = DrawSize(random, 1, 2, 3, 4, 9, 40);
        Size2 stride = DrawSize(random, 1, 1, 2, 3, 5, 60, NetworkLimits.Extent);
        var padding = new Size2(random.Next(kernel.Height / 2 + 1), random.Next(kernel.Width / 2 + 1));
        bool ceiling = random.Next(2) == 0;
        Pool2d pool = random.Next(2) == 0
            ? new MaxPool2d(kernel, stride, padding, ceiling)
            : new AvgPool2d(kernel, stride, padding, ceiling, random.Next(2) == 0);
        int channels = Pick(random, 1, 2, 17);
        var input = new Input(channels, Pick(random, 1, 2, 3, 8, 41), Pick(random, 1, 2, 4, 9, 50));
        return TryCheck(kernels, generator, input, pool, channels * kernel.Height * kernel.Width);
    });

    [Theory]
    [InlineData(1, 1 << 30)]
    [InlineData(2, (1 << 30) + 1)]
    [InlineData(int.MaxValue, 1 << 30)]
    public void Pool_PaddingWhoseDoubleOverflows_IsRefused(int kernel, int padding)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MaxPool2d(kernel, 1, padding));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AvgPool2d(kernel, 1, padding));
    }

    /// <summary>Numbers near 2³¹, with which sums of 32 bits overflow, one at a time and together.</summary>
    [Theory]
    [InlineData(1, int.MaxValue, 0, 1)]
    [InlineData(1, int.MaxValue, 1, 1)]
    [InlineData(3, 1, int.MaxValue, 1)]
    [InlineData(3, 1, 1 << 30, 1)]
    [InlineData(3, int.MaxValue, int.MaxValue, 1)]
    [InlineData(3, 2, (1 << 30) - 2, 1 << 30)]
    [InlineData(1, 1, 0, int.MaxValue)]
    [InlineData(2, 1, NetworkLimits.Extent, 1)]
    public void Network_ConvolutionWithHugeNumbers_IsRefusedByName(int kernel, int stride, int padding, int dilation)
    {
        foreach ((Size2 s, Size2 p, Size2 d) in (ReadOnlySpan<(Size2, Size2, Size2)>)
            [(stride, padding, dilation), (new(stride, 1), new(padding, kernel), new(dilation, 1)), (new(1, stride), new(kernel, padding), new(1, dilation))])
        {
            var conv = new Conv2d(new Tensor(1, 1, kernel, kernel), null, s, p, d);
            AssertRefused("hostile", () => Make(new Input(1, 8, 8), conv));
        }
    }

    [Fact]
    public void Network_PoolWithHugeNumbers_IsRefusedByName()
    {
        AssertRefused("hostile", () => Make(new Input(1, 8, 8), new MaxPool2d(2, int.MaxValue)));
        AssertRefused("hostile", () => Make(new Input(1, 8, 8), new AvgPool2d(int.MaxValue, 1, (1 << 30) - 1)));
        AssertRefused("hostile", () => Make(new Input(1, 8, 8), new AvgPool2d(NetworkLimits.Extent, 1, NetworkLimits.Extent / 2, ceilingMode: true)));
    }

    [Fact]
    public void Network_KernelOfManyTaps_IsRefusedByName() =>
        AssertRefused("taps", () => Make(new Input(1, 300, 300), new Conv2d(new Tensor(1, 1, 257, 256))));

    /// <summary>40,000² pixels are 6·10⁹ bytes; 65,536·65,536 and 2³¹·2 are 0 in 32 bits.</summary>
    [Theory]
    [InlineData(1, 40_000, 40_000)]
    [InlineData(1, 65_536, 65_536)]
    [InlineData(3, int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 1, 1)]
    [InlineData(1 << 20, 64, 64)]
    [InlineData(1, 1 << 21, 1)]
    public void Network_HugeInput_IsRefusedByName(int channels, int height, int width) =>
        AssertRefused("image", () => Make(new Input(channels, height, width), new ReLU()));

    [Fact]
    public void Network_ConcatenationsThatDouble_AreRefusedByName()
    {
        Node value = new("image", new Input(1, 1, 1));
        for (int i = 0; i < 40; i++)
            value = new Node($"double{i}", new Concat(), value, value);
        AssertRefused("double20", () => new Network(new Head("out", value)));
        Node wide = new("wide", new Concat(), [.. Enumerable.Repeat(new Node("image", new Input(200, 1024, 1024)), 4)]);
        AssertRefused("'wide'", () => new Network(new Head("out", new Node("flat", new Flatten(), wide))));
    }

    /// <summary>The window's area, 70,000², is no number of 32 bits; nearly all of it is padding.</summary>
    [Theory]
    [InlineData(true, 10 / 4.9e9)]
    [InlineData(false, 2.5)]
    public void Run_AveragePoolWhoseAreaOverflows_GivesTheMean(bool countPadding, double expected)
    {
        Network network = Make(new Input(1, 2, 2), new AvgPool2d(70_000, 70_000, 34_999, countPadding: countPadding));
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1 });
        session.Run([1, 2, 3, 4], 1);
        Assert.Equal(expected, session.GetOutput(0)[0], expected * 1e-6);
    }

    /// <summary>Checks geometries that are drawn from the numbers of FsCheck, which says the number of one that fails.</summary>
    private static void CheckAll(Func<Random, bool> tryCheck)
    {
        const int Draws = 1200;
        int checkedDraws = 0;
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Draws).WithReplay(20240501UL, 1UL);
        Check.One(config, Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), number => checkedDraws += tryCheck(new Random(number)) ? 1 : 0));
        Assert.InRange(checkedDraws, Draws / 4, Draws);
    }

    private static bool TryCheck(string kernels, NetworkGenerator generator, Input input, Layer layer, int workPerPixel)
    {
        Network network;
        try
        {
            network = Make(input, layer);
        }
        catch (ArgumentException)
        {
            return false; // the window is larger than the padded input
        }

        ReadOnlySpan<int> shape = network.ShapeOf(network["hostile"]);
        if ((long)shape[1] * shape[2] * workPerPixel > MostWork)
            return false;

        const int Images = 2;
        int size = input.Channels * input.Height * input.Width;
        float[] images = generator.DrawValues(Images * size);
        KernelSet set = KernelSet.Supported.Single(candidate => candidate.ToString() == kernels);
        using INetworkSession session = new CpuEngine(set).CreateSession(network, new SessionOptions { MaximumBatchSize = Images, Threads = 1 + size % 3 });
        using INetworkSession naive = new NaiveEngine().CreateSession(network);
        session.Run(Enumerable.Repeat(float.NaN, images.Length).ToArray(), Images);
        session.Run(images, Images);
        naive.Run(images, Images);
        ReadOnlySpan<float> expected = naive.GetOutput(0);
        ReadOnlySpan<float> actual = session.GetOutput(0);
        Assert.Equal(expected.Length, actual.Length);
        float largest = Math.Max(1e-6f, Math.Abs(TensorPrimitives.MaxMagnitude(expected)));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * largest, $"{layer} on {input}, value {i}: expected {expected[i]}, found {actual[i]}.");
        return true;
    }

    /// <summary>Between two layers that fuse with nothing, so that the layer's input and output are passing values.</summary>
    private static Network Make(Input input, Layer layer)
    {
        var before = new Node("before", new LeakyReLU(), new Node("image", input));
        var hostile = new Node("hostile", layer, before);
        int channels = layer is Conv2d conv ? conv.OutputChannels : input.Channels;
        var after = new Node("after", new ChannelGather([.. Enumerable.Range(0, Math.Min(channels, 64))]), hostile);
        return new Network(new Head("out", after));
    }

    private static void AssertRefused(string what, Func<Network> make) => Assert.Contains(what, Assert.ThrowsAny<ArgumentException>(make).Message);

    private static Size2 DrawSize(Random random, params ReadOnlySpan<int> values) => new(Pick(random, values), Pick(random, values));

    private static int Pick(Random random, params ReadOnlySpan<int> values) => values[random.Next(values.Length)];
}
