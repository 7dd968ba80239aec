using ZipIt.Networks;
using Xunit;

namespace ZipIt.TestFramework;

/// <summary>What every engine promises, tried on generated networks and held against <see cref="NaiveEngine"/>. A new engine needs no other tests of these things.</summary>
public static class EngineWorkout
{
    private const int Images = 5;

    /// <summary>Runs an engine through all of it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="tolerance">Largest difference, relative to the largest value of an output.</param>
    /// <param name="networks">Number of generated networks.</param>
    /// <param name="rounding">The same between groupings of images and orders of their values; 0 for engines that promise the same bits.</param>
    public static void Run(INetworkEngine engine, double tolerance = 1e-4, int networks = 20, double rounding = 0)
    {
        for (int seed = 0; seed < networks; seed++)
        {
            var generator = new NetworkGenerator(seed);
            Network network = generator.DrawNetwork();
            float[][] inputs = [.. network.Inputs.Select(input => generator.DrawValues(Images * SizeOf(network, input)))];
            try
            {
                CheckOutputsAndTaps(engine, network, inputs, tolerance);
                CheckBatchStatistics(engine, network, inputs, tolerance);
                CheckGroupsOfImages(engine, network, inputs, rounding);
                CheckChannelsLast(engine, network, inputs, rounding);
                CheckRefusals(engine, network, inputs);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"On the network of seed {seed}: {failure.Message}", failure);
            }
        }
    }

    /// <summary>Every node can be tapped, in any order, without a change to the outputs.</summary>
    private static void CheckOutputsAndTaps(INetworkEngine engine, Network network, float[][] inputs, double tolerance)
    {
        string[] taps = [.. network.Nodes.Reverse().Select(node => node.Name)];
        using INetworkSession plain = Open(engine, network, new SessionOptions()), tapped = Open(engine, network, new SessionOptions { Taps = taps });
        using INetworkSession naive = Open(new NaiveEngine(), network, new SessionOptions { Taps = taps });
        foreach (INetworkSession session in (INetworkSession[])[plain, tapped, naive])
            Run(session, inputs);
        for (int head = 0; head < network.Heads.Count; head++)
        {
            AssertClose(naive.GetOutput(head), plain.GetOutput(head), tolerance, $"output '{network.Heads[head].Name}'");
            AssertClose(naive.GetOutput(head), tapped.GetOutput(head), tolerance, $"output '{network.Heads[head].Name}' with taps");
        }

        for (int tap = 0; tap < taps.Length; tap++)
            AssertClose(naive.GetTap(tap), tapped.GetTap(tap), tolerance, $"tap '{taps[tap]}'");
    }

    private static void CheckBatchStatistics(INetworkEngine engine, Network network, float[][] inputs, double tolerance)
    {
        var options = new SessionOptions { BatchStatistics = true };
        using INetworkSession session = Open(engine, network, options), naive = Open(new NaiveEngine(), network, options);
        Run(session, inputs);
        Run(naive, inputs);
        for (int head = 0; head < network.Heads.Count; head++)
            AssertClose(naive.GetOutput(head), session.GetOutput(head), tolerance, $"output '{network.Heads[head].Name}' with batch statistics");
        foreach (Node node in network.Nodes.Where(node => node.Layer is BatchNorm2d))
        {
            int channels = ((BatchNorm2d)node.Layer).Channels;
            double[] mean = new double[channels], variance = new double[channels], expectedMean = new double[channels], expectedVariance = new double[channels];
            session.GetBatchStatistics(node, mean, variance);
            naive.GetBatchStatistics(node, expectedMean, expectedVariance);
            AssertClose(ToSingle(expectedMean), ToSingle(mean), tolerance, $"mean at '{node.Name}'");
            AssertClose(ToSingle(expectedVariance), ToSingle(variance), tolerance, $"variance at '{node.Name}'");
        }
    }

    /// <summary>Outputs are the same however images are grouped, and when a session runs again.</summary>
    private static void CheckGroupsOfImages(INetworkEngine engine, Network network, float[][] inputs, double rounding)
    {
        using INetworkSession together = Open(engine, network, new SessionOptions()), alone = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1 });
        Run(together, inputs);
        for (int image = 0; image < Images; image++)
        {
            int current = image;
            alone.Run([.. inputs.Select(input => (ReadOnlyMemory<float>)input.AsMemory(current * input.Length / Images, input.Length / Images))], 1);
            for (int head = 0; head < network.Heads.Count; head++)
            {
                ReadOnlySpan<float> expected = together.GetOutput(head);
                AssertClose(expected.Slice(image * expected.Length / Images, expected.Length / Images), alone.GetOutput(head), rounding, $"output '{network.Heads[head].Name}' of one image");
            }
        }
    }

    private static void CheckChannelsLast(INetworkEngine engine, Network network, float[][] inputs, double rounding)
    {
        using INetworkSession planar = Open(engine, network, new SessionOptions()), last = Open(engine, network, new SessionOptions { ChannelsLastInputs = true });
        Run(planar, inputs);
        Run(last, [.. inputs.Select((input, i) => ToChannelsLast(input, network.ShapeOf(network.Inputs[i])))]);
        for (int head = 0; head < network.Heads.Count; head++)
            AssertClose(planar.GetOutput(head), last.GetOutput(head), rounding, $"output '{network.Heads[head].Name}' of images with channels last");
    }

    private static void CheckRefusals(INetworkEngine engine, Network network, float[][] inputs)
    {
        Assert.Throws<KeyNotFoundException>(() => engine.CreateSession(network, new SessionOptions { Taps = ["no such node"] }));
        using INetworkSession session = Open(engine, network, new SessionOptions());
        Assert.Same(network, session.Network);
        Assert.ThrowsAny<ArgumentException>(() => session.Run([.. inputs.Select(input => (ReadOnlyMemory<float>)input.AsMemory(1))], Images));
        Assert.ThrowsAny<ArgumentException>(() => session.Run([.. inputs.Select(input => (ReadOnlyMemory<float>)input), new float[1]], Images));
        Assert.ThrowsAny<ArgumentException>(() => session.Run([.. inputs.Select(input => (ReadOnlyMemory<float>)input)], Images + 1));
        Node? norm = network.Nodes.FirstOrDefault(node => node.Layer is BatchNorm2d);
        if (norm is not null)
        {
            Run(session, inputs);
            var values = new double[((BatchNorm2d)norm.Layer).Channels];
            Assert.Throws<InvalidOperationException>(() => session.GetBatchStatistics(norm, values, values));
        }
    }

    private static INetworkSession Open(INetworkEngine engine, Network network, SessionOptions options) =>
        engine.CreateSession(network, options with { MaximumBatchSize = Images, Threads = 2 });

    private static void Run(INetworkSession session, float[][] inputs) => session.Run([.. inputs.Select(input => (ReadOnlyMemory<float>)input)], Images);

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.True(expected.Length == actual.Length, $"{what} has {actual.Length} values instead of {expected.Length}");
        double largest = 1e-6;
        foreach (float value in expected)
            largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest, $"{what}: value {i} is {actual[i]} instead of {expected[i]}");
    }

    private static float[] ToSingle(double[] values) => [.. values.Select(value => (float)value)];

    private static float[] ToChannelsLast(float[] planar, ReadOnlySpan<int> shape)
    {
        int channels = shape[0], area = shape[1] * shape[2];
        var last = new float[planar.Length];
        for (int i = 0; i < planar.Length; i++)
            last[(i / (channels * area) * area + i % area) * channels + i / area % channels] = planar[i];
        return last;
    }

    private static int SizeOf(Network network, Node node)
    {
        int size = 1;
        foreach (int extent in network.ShapeOf(node))
            size *= extent;
        return size;
    }
}
