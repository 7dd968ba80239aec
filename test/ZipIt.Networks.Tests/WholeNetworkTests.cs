using System.Numerics.Tensors;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests;

/// <summary>The engine against double precision on whole networks.</summary>
public class WholeNetworkTests
{
    public static TheoryData<string> Names() => ["ResNet-20", "wide ResNet-20", "VGG-11", "ResNet-50"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WholeNetwork_IsAccurateToFourDigits(string name)
    {
        Network network = name switch
        {
            "ResNet-20" => ResNet.Random(1, ResNetLayout.Cifar(20), 32),
            "wide ResNet-20" => ResNet.Random(2, ResNetLayout.Cifar(20, 3), 32),
            "VGG-11" => Vgg.Random(3, VggLayout.Cifar(11), 32),
            _ => ResNet.Random(4, ResNetLayout.ImageNet(50), 48),
        };
        int size = network.ShapeOf(network.Inputs[0])[1];
        float[] image = new NetworkGenerator(5).DrawValues(3 * size * size);
        using INetworkSession session = new CpuEngine().CreateSession(network);
        using INetworkSession naive = new NaiveEngine().CreateSession(network);
        session.Run(image, 1);
        naive.Run(image, 1);

        ReadOnlySpan<float> expected = naive.GetOutput(0);
        var differences = new float[expected.Length];
        TensorPrimitives.Subtract(session.GetOutput(0), expected, differences);
        float error = Math.Abs(TensorPrimitives.MaxMagnitude<float>(differences) / TensorPrimitives.MaxMagnitude(expected));
        Assert.True(error < 1e-4f, $"The largest error is {error:E2} of the largest output.");
    }
}
