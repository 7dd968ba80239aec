using System.Numerics.Tensors;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>Each way to compute a convolution against the naive loop, over shapes that fill vectors and tiles and such that do not.</summary>
public class ConvolutionTests
{
    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (KernelSet kernels in KernelSet.Supported)
        {
            for (int seed = 0; seed < 30; seed++)
                data.Add(kernels.ToString()!, seed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_WinogradShapes_AgreesWithNaiveLoop(string kernels, int seed)
    {
        var random = new Random(seed);
        int inputs = 16 * random.Next(1, 4);
        int outputs = 16 * random.Next(1, 6);
        var size = new Size2(random.Next(1, 14), random.Next(1, 14));
        int padding = Math.Max(random.Next(3), 3 - Math.Min(size.Height, size.Width));
        AssertAgrees(kernels, seed, inputs, outputs, size, conv => new Conv2d(conv, null, 1, padding), 3);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_GatheredShapes_AgreesWithNaiveLoop(string kernels, int seed)
    {
        var random = new Random(seed);
        int inputs = random.Next(1, 50);
        int outputs = random.Next(1, 80);
        var kernel = new Size2(random.Next(1, 6), random.Next(1, 6));
        var size = new Size2(random.Next(kernel.Height, 14), random.Next(kernel.Width, 14));
        var stride = new Size2(random.Next(1, 4), random.Next(1, 4));
        AssertAgrees(kernels, seed, inputs, outputs, size, conv => new Conv2d(conv, null, stride, new Size2(random.Next(3), random.Next(3))), kernel);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_GroupedShapes_AgreesWithNaiveLoop(string kernels, int seed)
    {
        var random = new Random(seed);
        int groups = random.Next(1, 25);
        int inputs = random.Next(1, 7);
        int outputs = groups * random.Next(1, 12);
        var size = new Size2(random.Next(3, 9), random.Next(3, 20));
        AssertAgrees(kernels, seed, groups * inputs, outputs, size, conv => new Conv2d(conv, null, random.Next(1, 3), 1, null, groups), 3, groups);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_DepthwiseShapes_AgreesWithNaiveLoop(string kernels, int seed)
    {
        var random = new Random(seed);
        int channels = random.Next(1, 70);
        var kernel = new Size2(random.Next(1, 6), random.Next(1, 6));
        var size = new Size2(random.Next(kernel.Height, 9), random.Next(kernel.Width, 30));
        Size2 stride = new(random.Next(1, 4), random.Next(1, 3)), padding = new(random.Next(3), random.Next(3));
        AssertAgrees(kernels, seed, channels, channels, size, conv => new Conv2d(conv, null, stride, padding, null, channels), kernel, channels);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_DeepPointwiseShapes_AgreesWithNaiveLoop(string kernels, int seed)
    {
        var random = new Random(seed);
        int inputs = random.Next(1, 2000);
        int outputs = random.Next(1, 80);
        AssertAgrees(kernels, seed, inputs, outputs, new Size2(random.Next(1, 6), random.Next(1, 6)), conv => new Conv2d(conv), 1);
    }

    /// <summary>Convolution, normalization, sum and activation, which the engine fuses.</summary>
    private static void AssertAgrees(string kernels, int seed, int inputs, int outputs, Size2 size, Func<Tensor, Conv2d> make, Size2 kernel,
        int groups = 1)
    {
        const int Images = 2;
        var generator = new NetworkGenerator(seed);
        var image = new Node("image", new Input(inputs, size.Height, size.Width));
        Tensor weight = generator.DrawTensor(
            Math.Sqrt((double)groups / (inputs * kernel.Height * kernel.Width)), outputs, inputs / groups, kernel.Height, kernel.Width);
        Node value = new("conv", make(weight), image);
        if (seed % 2 == 0)
            value = new Node("norm", generator.DrawNorm(outputs), value);
        int[] shape = ShapeInference.Infer(new Node("conv", value.Layer is Conv2d ? value.Layer : value.Inputs[0].Layer, image),
            [[inputs, size.Height, size.Width]]);
        var other = new Node("other", new Input(outputs, shape[1], shape[2]));
        bool adds = seed % 3 == 0;
        if (adds)
            value = new Node("add", new Add(), value, other);
        Activation? activation = (seed % 5) switch { 0 => new ReLU(), 1 => new Tanh(), 2 => new LeakyReLU(), 3 => new Clip(-0.1f, 0.2f), _ => null };
        if (activation is not null)
            value = new Node("activation", activation, value);
        var network = new Network(new Head("out", value));

        ReadOnlyMemory<float>[] batches =
            [generator.DrawValues(Images * inputs * size.Height * size.Width), generator.DrawValues(Images * shape[0] * shape[1] * shape[2])];
        if (!adds)
            batches = batches[..1];
        else if (network.Inputs[0].Name == "other")
            Array.Reverse(batches);
        KernelSet set = KernelSet.Supported.Single(candidate => candidate.ToString() == kernels);
        using INetworkSession session = new CpuEngine(set).CreateSession(network, new SessionOptions { MaximumBatchSize = Images, Threads = 1 + seed % 2 });
        using INetworkSession naive = new NaiveEngine().CreateSession(network);
        session.Run(batches, Images);
        naive.Run(batches, Images);
        ReadOnlySpan<float> expected = naive.GetOutput(0);
        ReadOnlySpan<float> actual = session.GetOutput(0);
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude(expected));
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) < 5e-5 * largest, $"Value {i}: expected {expected[i]}, found {actual[i]}.");
    }
}
