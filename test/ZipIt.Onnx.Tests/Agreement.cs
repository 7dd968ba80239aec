using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Onnx.Tests;

/// <summary>Runs networks and compares results.</summary>
internal static class Agreement
{
    /// <summary>Largest difference, relative to the largest value.</summary>
    public static double Error(float[][] expected, float[][] found)
    {
        Assert.Equal(expected.Length, found.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Length, found[i].Length);
            double largest = Math.Max(expected[i].Max(Math.Abs), 1e-6);
            for (int k = 0; k < expected[i].Length; k++)
                worst = Math.Max(worst, Math.Abs((double)expected[i][k] - found[i][k]) / largest);
        }

        return worst;
    }

    public static float[][] Run(Network network, params ReadOnlySpan<Tensor> images)
    {
        int count = images[0][0];
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = count, Threads = 1 });
        ReadOnlyMemory<float>[] inputs = new ReadOnlyMemory<float>[images.Length];
        for (int i = 0; i < images.Length; i++)
            inputs[i] = images[i].Memory;
        session.Run(inputs, count);
        return [.. Enumerable.Range(0, network.Heads.Count).Select(head => ToChannelsFirst(session.GetOutput(head).ToArray(), network.ShapeOf(network.Heads[head].Node)))];
    }

    /// <summary>Sessions give feature maps with their channels last.</summary>
    private static float[] ToChannelsFirst(float[] values, ReadOnlySpan<int> shape)
    {
        if (shape.Length == 1)
            return values;
        (int channels, int pixels) = (shape[0], shape[1] * shape[2]);
        var moved = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
            moved[((i / (pixels * channels) * channels) + (i % channels)) * pixels + (i / channels % pixels)] = values[i];
        return moved;
    }

    /// <summary>Random images for each input of a network.</summary>
    public static Tensor[] DrawImages(Network network, int count, int seed = 1)
    {
        var generator = new NetworkGenerator(seed);
        return [.. network.Inputs.Select(input => generator.DrawTensor(1, [count, .. network.ShapeOf(input)]))];
    }

    /// <summary>The bytes of a network's ONNX file.</summary>
    public static byte[] Export(Network network, OnnxExportOptions? options = null)
    {
        using var stream = new MemoryStream();
        OnnxNetwork.Save(network, stream, options);
        return stream.ToArray();
    }

    public static OnnxNetwork Import(byte[] file, OnnxImportOptions? options = null) => OnnxNetwork.Load(new MemoryStream(file), "test.onnx", options);

    /// <summary>The bytes of a network in this library's own format: equal for equal networks.</summary>
    public static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }
}
