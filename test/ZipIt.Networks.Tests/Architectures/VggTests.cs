namespace ZipIt.Networks.Tests.Architectures;

public sealed class VggTests
{
    [Theory]
    [InlineData(11, false, 132_863_336)]
    [InlineData(13, false, 133_047_848)]
    [InlineData(16, false, 138_357_544)]
    [InlineData(19, false, 143_667_240)]
    [InlineData(11, true, 132_868_840)]
    [InlineData(16, true, 138_365_992)]
    public void ListParameters_ImageNetLayout_CountsWhatTheLiteratureSays(int depth, bool batchNorm, long parameters) =>
        Assert.Equal(parameters, VggLayout.ImageNet(depth, 1000, batchNorm).ListParameters().Where(parameter => parameter.IsLearnt)
            .Sum(parameter => parameter.Count));

    [Fact]
    public void ListParameters_Names_AreThoseOfTorchvision()
    {
        string[] plain = [.. VggLayout.ImageNet(16).ListParameters().Where(parameter => parameter.Shape.Count > 1)
            .Select(parameter => parameter.Name[..^".weight".Length])];
        Assert.Equal([0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28], plain[..13].Select(name => int.Parse(name["features.".Length..])));
        Assert.Equal(["classifier.0", "classifier.3", "classifier.6"], plain[13..]);

        string[] normed = [.. VggLayout.Cifar(11).ListParameters().Where(parameter => parameter.Role == ParameterRole.RunningMean)
            .Select(parameter => parameter.Name)];
        Assert.Equal([1, 5, 9, 12, 16, 19, 23, 26], normed.Select(name => int.Parse(name.Split('.')[1])));
    }

    [Theory]
    [InlineData(11, true, 0)]
    [InlineData(13, false, 0)]
    [InlineData(16, true, 12)]
    [InlineData(19, false, 12)]
    public void Detect_RandomWeights_FindsTheLayout(int depth, bool batchNorm, int hiddenWidth)
    {
        var layout = new VggLayout { Depth = depth, BatchNorm = batchNorm, Channels = 2, HiddenWidth = hiddenWidth, Outputs = 3 };
        StateDictionary weights = Vgg.CreateRandomWeights(1, layout);

        Assert.Equal(layout, Vgg.Detect(weights));
        Network network = Vgg.FromCheckpoint(weights);
        Assert.Equal([3], network.ShapeOf(network.Heads[0].Node).ToArray());
    }

    [Fact]
    public void FromCheckpoint_ImageNetLayout_HasShapesAndCostOfVgg16()
    {
        // The same shape at an eighth of the width: multiply-adds of the inner convolutions fall by 64.
        Network network = Vgg.Random(1, VggLayout.ImageNet(16) with { Channels = 8, HiddenWidth = 64 });

        Assert.Equal([64, 7, 7], network.ShapeOf(network["features.30"]).ToArray());
        Assert.Equal(["flatten", "classifier.0", "classifier.1", "classifier.3", "classifier.4", "classifier.6"],
            network.Nodes.TakeLast(6).Select(node => node.Name));
        Assert.Equal((224L * 224 * 9 * 64 * 64) / 64, NetworkCost.CountMultiplyAdds(network, network["features.2"]));
    }

    [Fact]
    public void FromCheckpoint_SmallImagesForImageNetClassifier_FoldThePooling()
    {
        StateDictionary weights = Vgg.CreateRandomWeights(1, VggLayout.ImageNet(11) with { Channels = 2, HiddenWidth = 5 });
        Network network = Vgg.FromCheckpoint(weights, 32);

        var folded = (Linear)network["classifier.0"].Layer;
        Assert.Equal([5, 16], folded.Weight.Shape.ToArray());
        Assert.Equal(weights["classifier.0.weight"].Span[..49].ToArray().Sum(), folded.Weight.Span[0], 1e-5);
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(0, 31)]
    [InlineData(5, 31)]
    [InlineData(5, 480)]
    public void FromCheckpoint_ImageSizeThatDoesNotFit_SaysWhich(int hiddenWidth, int imageSize)
    {
        StateDictionary weights = Vgg.CreateRandomWeights(1, VggLayout.Cifar(11) with { Channels = 2, HiddenWidth = hiddenWidth });
        Assert.Contains("pixel", Assert.Throws<ArgumentException>(() => Vgg.FromCheckpoint(weights, imageSize)).Message);
    }

    [Fact]
    public void FromCheckpoint_MissingTensor_IsNamedForTheNearestDepth()
    {
        StateDictionary weights = Vgg.CreateRandomWeights(1, VggLayout.Cifar(16) with { Channels = 2 });
        var damaged = new StateDictionary("fake.pt", weights.Where(pair => pair.Key != "features.37.weight"));
        string message = Assert.Throws<InvalidDataException>(() => Vgg.FromCheckpoint(damaged)).Message;

        Assert.Contains("VGG-16", message);
        Assert.Contains("1 tensor missing: 'features.37.weight' [16, 16, 3, 3]", message);
        Assert.DoesNotContain("unexpected", message);
    }
}
