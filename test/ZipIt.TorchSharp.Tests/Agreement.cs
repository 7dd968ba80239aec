using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.TorchSharp.Tests;

/// <summary>Holds engines against each other.</summary>
internal static class Agreement
{
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
        INetworkEngine engine, Network network, SessionOptions options, ReadOnlyMemory<float>[] inputs, float tolerance = 1e-4f, INetworkEngine? reference = null)
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
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest, $"{what}[{i}]: expected {expected[i]}, found {actual[i]} (largest {largest}).");
    }
}
