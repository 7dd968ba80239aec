namespace ZipIt.Networks.Tests.Inference;

/// <summary>The engine against double precision on whole networks.</summary>
public class WholeNetworkTests
{
    [Theory]
    [InlineData("ResNet-20")]
    [InlineData("wide ResNet-20")]
    [InlineData("VGG-11")]
    [InlineData("ResNet-50")]
    public void Run_WholeNetwork_IsAccurateToFourDigits(string name)
    {
        Network network = name switch
        {
            "ResNet-20" => ResNet.Random(1, ResNetLayout.Cifar(20), 32),
            "wide ResNet-20" => ResNet.Random(2, ResNetLayout.Cifar(20, 2), 32),
            "VGG-11" => Vgg.Random(3, VggLayout.Cifar(11), 32),
            _ => ResNet.Random(4, ResNetLayout.ImageNet(50), 48),
        };
        double error = EngineCheck.MeasureError(network, 5);
        Assert.True(error < 1e-4, $"The largest error is {error:E2} of the largest output.");
    }
}
