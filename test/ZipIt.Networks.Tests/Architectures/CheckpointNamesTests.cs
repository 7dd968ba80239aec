namespace ZipIt.Networks.Tests.Architectures;

/// <summary>What layouts list and what layers declare must be the same: names, roles and shapes.</summary>
public sealed class CheckpointNamesTests
{
    [Fact]
    public void ListParameters_ResNet_AreThoseThatItsLayersDeclare()
    {
        foreach (ResNetLayout layout in (ResNetLayout[])[ResNetLayout.Cifar(20), ResNetLayout.ImageNet(50, 10) with { StemChannels = 4 }])
            Assert.Equal(Describe(layout.ListParameters()), Describe(ResNet.Random(1, layout, 32)));
    }

    [Fact]
    public void ListParameters_Vgg_AreThoseThatItsLayersDeclare()
    {
        foreach (bool batchNorm in (bool[])[false, true])
        {
            VggLayout layout = VggLayout.Cifar(11, batchNorm: batchNorm) with { Channels = 4 };
            Assert.Equal(Describe(layout.ListParameters()), Describe(Vgg.Random(1, layout)));
        }
    }

    private static IEnumerable<string> Describe(IEnumerable<ParameterShape> parameters) =>
        parameters.Select(parameter => $"{parameter.Name} {parameter.Role} {Tensor.FormatShape([.. parameter.Shape])}").Order();

    private static IEnumerable<string> Describe(Network network) =>
        network.Nodes.SelectMany(node => node.Layer.Parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{node.Name}.{parameter.Name} {parameter.Role} {parameter.Value}")).Order();
}
