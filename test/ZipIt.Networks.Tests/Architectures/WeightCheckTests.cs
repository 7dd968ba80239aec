using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Architectures;

public sealed class WeightCheckTests
{
    private static readonly StateDictionary Weights = Checkpoint.Load(TestFiles.ClassModel('a'));

    [Fact]
    public void FromCheckpoint_MissingTensors_AreAllReported()
    {
        string message = Refuse(Change(name => name.Contains(".bn2.") ? null : name)).Message;

        Assert.Contains("ResNet-20×1", message);
        Assert.Contains("36 tensors missing", message);
        Assert.Contains("'layer1.0.bn2.weight' [16]", message);
        Assert.Contains("and 32 more", message);
        Assert.Contains("fake.pt", message);
    }

    [Theory]
    [InlineData("conv1.weight")]
    [InlineData("linear.weight")]
    [InlineData("linear.bias")]
    [InlineData("bn1.running_var")]
    [InlineData("layer2.0.shortcut.0.weight")]
    [InlineData("layer3.2.conv2.weight")]
    [InlineData("layer1.0.conv1.weight")]
    public void FromCheckpoint_OneTensorMissing_IsNamed(string tensor)
    {
        string message = Refuse(Change(name => name == tensor ? null : name)).Message;
        Assert.Contains("1 tensor missing", message);
        Assert.Contains($"'{tensor}'", message);
    }

    [Fact]
    public void FromCheckpoint_MissingBlock_IsReported() =>
        Assert.Contains("'layer2.1.conv1.weight' [32, 32, 3, 3]", Refuse(Change(name => name.StartsWith("layer2.1.") ? null : name)).Message);

    [Theory]
    [InlineData("layer2.1.conv1.weight", new[] { 32, 32, 3, 3 })]
    [InlineData("bn1.bias", new[] { 16 })]
    [InlineData("linear.bias", new[] { 5 })]
    public void FromCheckpoint_WrongShape_SaysExpectedAndFound(string tensor, int[] expected)
    {
        string message = Refuse(Change(name => name, (name, value) => name == tensor ? new Tensor(7, 2) : value)).Message;
        Assert.Contains($"1 tensor of the wrong shape: '{tensor}' should be {Tensor.FormatShape(expected)}, is [7, 2]", message);
    }

    [Fact]
    public void FromCheckpoint_UnexpectedTensor_IsNamed()
    {
        string message = Refuse(new StateDictionary("fake.pt", Weights.Append(KeyValuePair.Create("attention.weight", new Tensor(3))))).Message;
        Assert.Contains("1 tensor unexpected: 'attention.weight' [3]", message);
    }

    [Fact]
    public void FromCheckpoint_UnusableValues_AreNamed()
    {
        string message = Refuse(Change(name => name, (name, value) => name switch
        {
            "bn1.running_var" => Filled(-1, 16),
            "linear.bias" => Filled(float.NaN, 5),
            _ => value,
        })).Message;
        Assert.Contains("'bn1.running_var' holds a negative variance", message);
        Assert.Contains("'linear.bias' holds values that are not finite", message);
    }

    [Fact]
    public void FromCheckpoint_OtherLayout_IsRefused()
    {
        string message = Assert.Throws<InvalidDataException>(() => ResNet.FromCheckpoint(Weights, ResNetLayout.Cifar(32, outputs: 5))).Message;
        Assert.Contains("does not fit ResNet-32×1", message);
        Assert.Contains("'layer1.3.conv1.weight'", message);
        Assert.Contains(TestFiles.ClassModel('a'), message);
    }

    [Fact]
    public void FromCheckpoint_OtherArchitecture_SaysWhatThereIs()
    {
        StateDictionary vgg = Vgg.CreateRandomWeights(1, VggLayout.Cifar(11) with { Channels = 4 });
        Assert.Contains("holds no ResNet", Assert.Throws<InvalidDataException>(() => ResNet.FromCheckpoint(vgg)).Message);
        Assert.Contains("'features.0.weight'", Assert.Throws<InvalidDataException>(() => ResNet.FromCheckpoint(vgg)).Message);
        Assert.Contains("holds no VGG", Assert.Throws<InvalidDataException>(() => Vgg.FromCheckpoint(Weights)).Message);

        var other = new StateDictionary("fake.pt", [KeyValuePair.Create("encoder.weight", new Tensor(3))]);
        Assert.Contains("'encoder.weight'", Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(other)).Message);
    }

    [Fact]
    public void FromCheckpoint_AnyKnownArchitecture_IsBuilt()
    {
        Assert.True(Architecture.FromCheckpoint(Weights).Contains("layer3.2.add"));
        Assert.True(Architecture.FromCheckpoint(Vgg.CreateRandomWeights(1, VggLayout.Cifar(11) with { Channels = 4 })).Contains("features.0"));
    }

    [Theory]
    [InlineData("conv1.weight", 1 << 24)]
    [InlineData("layer7.999999999.conv1.weight", 1)]
    public void FromCheckpoint_HugeSizesInSmallFile_AreRefusedQuickly(string name, int channels)
    {
        var weights = new StateDictionary("fake.pt", Weights.Where(pair => pair.Key != name).Append(KeyValuePair.Create(name, new Tensor(channels, 1, 3, 3))));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(weights);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void FromCheckpoint_NormalizationOfOtherWidth_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ResNet.FromCheckpoint(Weights, null, ChannelAffine.FromNormalization([0.5], [0.5])));

    private static InvalidDataException Refuse(StateDictionary weights) => Assert.Throws<InvalidDataException>(() => ResNet.FromCheckpoint(weights));

    private static Tensor Filled(float value, int length)
    {
        var tensor = new Tensor(length);
        tensor.Span.Fill(value);
        return tensor;
    }

    private static StateDictionary Change(Func<string, string?> rename, Func<string, Tensor, Tensor>? replace = null) =>
        new("fake.pt", Weights.Where(pair => rename(pair.Key) is not null)
            .Select(pair => KeyValuePair.Create(rename(pair.Key)!, replace?.Invoke(pair.Key, pair.Value) ?? pair.Value)));
}
