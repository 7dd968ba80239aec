using System.Numerics.Tensors;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>Measures how far the engine's default kernels are from double precision.</summary>
internal static class EngineCheck
{
    /// <summary>The largest error over some networks, relative to the largest output.</summary>
    public static double MeasureError()
    {
        double error = MeasureError(ResNet.Random(1, ResNetLayout.Cifar(20), 16), 1);
        for (int seed = 0; seed < 10; seed++)
            error = Math.Max(error, MeasureError(new NetworkGenerator(seed).DrawNetwork(), seed));
        return error;
    }

    /// <summary>The largest error of any output of a network, relative to the largest value of that output.</summary>
    public static double MeasureError(Network network, int seed)
    {
        const int Images = 2;
        var generator = new NetworkGenerator(seed);
        ReadOnlyMemory<float>[] inputs = [.. network.Inputs.Select(input => (ReadOnlyMemory<float>)generator.DrawValues(Images * SizeOf(network, input)))];
        using INetworkSession session = new CpuEngine().CreateSession(network);
        using INetworkSession naive = new NaiveEngine().CreateSession(network);
        session.Run(inputs, Images);
        naive.Run(inputs, Images);

        double error = 0;
        for (int head = 0; head < network.Heads.Count; head++)
        {
            ReadOnlySpan<float> expected = naive.GetOutput(head);
            var differences = new float[expected.Length];
            TensorPrimitives.Subtract(session.GetOutput(head), expected, differences);
            float largest = Math.Max(1e-6f, Math.Abs(TensorPrimitives.MaxMagnitude(expected)));
            error = Math.Max(error, Math.Abs(TensorPrimitives.MaxMagnitude<float>(differences)) / largest);
        }

        return error;
    }

    private static int SizeOf(Network network, Node node)
    {
        int size = 1;
        foreach (int extent in network.ShapeOf(node))
            size *= extent;
        return size;
    }
}
