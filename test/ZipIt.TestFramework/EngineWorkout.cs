using ZipIt.Networks;
using Xunit;

namespace ZipIt.TestFramework;

/// <summary>What every engine must do, held against <see cref="NaiveEngine"/>.</summary>
public static class EngineWorkout
{
    /// <summary>Number of images of each run.</summary>
    public const int Batch = 3;

    /// <summary>Runs a random network; some seeds with batch statistics, some with inputs whose channels are last.</summary>
    public static void CheckRandomNetwork(INetworkEngine engine, int seed)
    {
        var generator = new NetworkGenerator(seed);
        Network network = generator.DrawNetwork();
        var options = new SessionOptions { MaximumBatchSize = Batch, ChannelsLastInputs = seed % 3 == 0, BatchStatistics = seed % 4 == 0,
            Threads = 1 + seed % 3 };
        CheckAgrees(engine, network, options, DrawInputs(generator, network, Batch));
    }

    /// <summary>Runs a random network and looks at the values of all its nodes, or of every third.</summary>
    public static void CheckTaps(INetworkEngine engine, int seed)
    {
        var generator = new NetworkGenerator(1000 + seed);
        Network network = generator.DrawNetwork();
        string[] taps = [.. network.Nodes.Where((_, i) => seed % 2 == 0 || i % 3 == 0).Select(node => node.Name)];
        var options = new SessionOptions { MaximumBatchSize = Batch, Taps = taps, BatchStatistics = seed % 5 == 0, Threads = 2 };
        CheckAgrees(engine, network, options, DrawInputs(generator, network, Batch));
    }

    /// <summary>Runs two tails that read the same front through gathers, as a partial zip does.</summary>
    public static void CheckTails(INetworkEngine engine, bool tapsGather)
    {
        var generator = new NetworkGenerator(11);
        var front = new Node("front", generator.DrawConv(3, 16, 3, padding: 1), new Node("image", new Input(3, 8, 8)));
        var heads = new List<Head>();
        foreach (string task in (string[])["a", "b"])
        {
            var gather = new Node($"gather.{task}", new ChannelGather([.. Enumerable.Range(0, 20).Select(i => (3 * i + task[0]) % 16)]), front);
            var left = new Node($"left.{task}", generator.DrawConv(20, 24, 3, stride: 2, padding: 1), gather);
            var right = new Node($"right.{task}", generator.DrawConv(20, 24, 1, stride: 2), gather);
            var pooled = new Node($"pool.{task}", new GlobalAveragePool(), new Node($"add.{task}", new Add(), left, right));
            heads.Add(new Head(task, new Node($"linear.{task}", generator.DrawLinear(24, 5), new Node($"flat.{task}", new Flatten(), pooled))));
        }

        var network = new Network([.. heads]);
        var options = new SessionOptions { MaximumBatchSize = Batch, Taps = tapsGather ? ["gather.b"] : [] };
        CheckAgrees(engine, network, options, DrawInputs(generator, network, Batch));
    }

    /// <summary>Asks for what an engine must refuse.</summary>
    public static void CheckRefusals(INetworkEngine engine)
    {
        var network = new Network(new Head("out", new Node("relu", new ReLU(), new Node("image", new Input(3, 4, 4)))));
        Assert.Throws<KeyNotFoundException>(() => engine.CreateSession(network, new SessionOptions { Taps = ["nobody"] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(network, new SessionOptions { Threads = -1 }));
        var refused = Assert.Throws<ArgumentException>(() =>
            engine.CreateSession(network, new SessionOptions { Limits = new SessionLimits { ImageBytes = 10 } }));
        Assert.Contains("node 'image'", refused.Message);

        INetworkSession session = engine.CreateSession(network);
        Assert.Throws<ArgumentException>(() => session.Run(new float[47], 1));
        Assert.Throws<ArgumentException>(() => session.Run([new float[48].AsMemory(), new float[48].AsMemory()], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Run(new float[48 * 33], 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Run(ReadOnlySpan<float>.Empty, 0));
        Assert.Throws<InvalidOperationException>(() => session.GetBatchStatistics(network["relu"], [], []));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(new float[48], 1));
    }

    /// <summary>Random images for each input of a network.</summary>
    public static ReadOnlyMemory<float>[] DrawInputs(NetworkGenerator generator, Network network, int images) =>
        [.. network.Inputs.Select(input => (ReadOnlyMemory<float>)generator.DrawValues(images * SizeOf(network, input)))];

    /// <summary>Number of values of a node for one image.</summary>
    public static int SizeOf(Network network, Node node)
    {
        int size = 1;
        foreach (int extent in network.ShapeOf(node))
            size *= extent;
        return size;
    }

    /// <summary>Holds outputs, taps and batch statistics of an engine against those of another.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="network">What it runs.</param>
    /// <param name="options">Options of the session.</param>
    /// <param name="inputs">One batch for each input.</param>
    /// <param name="tolerance">How far a value may be off, relative to the largest of its tensor, as errors of sums are.</param>
    /// <param name="reference">The other engine; null for the naive one.</param>
    public static void CheckAgrees(
        INetworkEngine engine, Network network, SessionOptions options, ReadOnlyMemory<float>[] inputs, float tolerance = 1e-4f,
        INetworkEngine? reference = null)
    {
        int images = inputs[0].Length / SizeOf(network, network.Inputs[0]);
        using INetworkSession session = engine.CreateSession(network, options);
        using INetworkSession other = (reference ?? new NaiveEngine()).CreateSession(network, options);
        session.Run(inputs, images);
        other.Run(inputs, images);
        for (int i = 0; i < options.Taps.Count; i++)
            CheckClose(other.GetTap(i), session.GetTap(i), options.Taps[i], tolerance);
        for (int i = 0; i < network.Heads.Count; i++)
            CheckClose(other.GetOutput(i), session.GetOutput(i), network.Heads[i].Name, tolerance);
        if (!options.BatchStatistics)
            return;
        foreach (Node node in network.Nodes)
        {
            if (node.Layer is not BatchNorm2d norm)
                continue;
            var expected = new double[2 * norm.Channels];
            var actual = new double[2 * norm.Channels];
            other.GetBatchStatistics(node, expected.AsSpan(0, norm.Channels), expected.AsSpan(norm.Channels));
            session.GetBatchStatistics(node, actual.AsSpan(0, norm.Channels), actual.AsSpan(norm.Channels));
            CheckClose([.. expected.Select(x => (float)x)], [.. actual.Select(x => (float)x)], node.Name, tolerance);
        }
    }

    /// <summary>Compares values, relative to the largest of all.</summary>
    public static void CheckClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what, float tolerance = 1e-4f)
    {
        Assert.Equal(expected.Length, actual.Length);
        float largest = 1e-6f;
        foreach (float value in expected)
            largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest,
                $"{what}[{i}]: expected {expected[i]}, found {actual[i]} (largest {largest}).");
    }
}
