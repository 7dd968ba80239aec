using ZipIt.Networks;

namespace ZipIt.Onnx.Tests.Operators;

/// <summary>Normalizations, activations, arithmetic, and the functions that several operators make up.</summary>
public sealed class ElementOperatorTests
{
    private const float RootOfTwo = 1.41421356f;

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(14)]
    [InlineData(15)]
    public void BatchNormalization_OfAnyVersion_ComputesWhatOnnxRuntimeDoes(int opset) =>
        new TestModel(opset, 3, 4, 4).Weights("g", 3).Weights("b", 3).Weights("m", 3).Floats("v", [1, 0.1f, 2], 3)
            .Node("BatchNormalization", "image g b m v", "y", ("epsilon", 1e-3f)).Output("y").Check();

    [Fact]
    public void InstanceNormalization_ComputesWhatOnnxRuntimeDoes() =>
        new TestModel(13, 3, 4, 5).Weights("g", 3).Weights("b", 3).Node("InstanceNormalization", "image g b", "y", ("epsilon", 1e-3f)).Output("y").Check();

    [Fact]
    public void BatchNormalization_NegativeVariance_IsRefused() =>
        Assert.Contains("variance", new TestModel(13, 1, 4, 4).Weights("g", 1).Floats("v", [-1], 1).Node("BatchNormalization", "image g g g v", "y").Output("y").Refused());

    [Fact]
    public void InstanceNormalization_OfAMap_ComputesWhatOnnxRuntimeDoes() =>
        new TestModel(13, 3, 4, 4).Weights("g", 3).Weights("b", 3).Node("InstanceNormalization", "image g b", "y", ("epsilon", 1e-2f)).Output("y").Check();

    [Fact]
    public void Clip_OfOldVersions_HasItsBoundsAsAttributes() =>
        Assert.Equal(6, ((Clip)new TestModel(9, 3, 4, 4).Node("Clip", "image", "y", ("min", 0f), ("max", 6f)).Output("y").Check()["y"].Layer).Upper);

    [Theory]
    [InlineData("image lower upper", typeof(Clip))]
    [InlineData("image lower", typeof(Clip))]
    [InlineData("image - upper", typeof(Clip))]
    [InlineData("image zero", typeof(ReLU))]
    public void Clip_OfNewVersions_HasItsBoundsAsInputs(string inputs, Type layer) =>
        Assert.IsType(layer, new TestModel(13, 3, 4, 4).Floats("lower", [-0.5f]).Floats("upper", [0.7f]).Floats("zero", [0]).Node("Clip", inputs, "y").Output("y").Check()["y"].Layer);

    [Theory]
    [InlineData("Relu")]
    [InlineData("LeakyRelu")]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("Elu")]
    [InlineData("HardSwish")]
    public void Activation_OfMapAndVector_ComputesWhatOnnxRuntimeDoes(string operation) =>
        new TestModel(14, 3, 4, 4).Node(operation, "image", "x").Node("Flatten", "x", "flat").Node(operation, "flat", "y").Output("y").Check();

    [Theory]
    [InlineData(new[] { 3, 1, 1 }, typeof(PReLU))]
    [InlineData(new[] { 1 }, typeof(LeakyReLU))]
    public void PRelu_WithOneSlopeOrOneForEachChannel_IsRead(int[] shape, Type layer) =>
        Assert.IsType(layer, new TestModel(13, 3, 4, 4).Weights("s", shape).Node("PRelu", "image s", "y").Output("y").Check().Heads[0].Node.Layer);

    [Fact]
    public void PRelu_OfAVector_IsRead() =>
        new TestModel(13, 3, 1, 2).Weights("s", 6).Node("Flatten", "image", "f").Node("PRelu", "f s", "y").Output("y").Check();

    [Fact]
    public void Softmax_OfNewVersions_NormalizesOverTheChannels() => new TestModel(13, 3, 4, 4).Node("Softmax", "image", "y", ("axis", 1)).Output("y").Check();

    [Fact]
    public void Softmax_OfOldVersions_IsReadForVectorsOnly()
    {
        new TestModel(11, 3, 4, 4).Node("Flatten", "image", "flat").Node("Softmax", "flat", "y").Output("y").Check();
        Assert.Contains("over the channels", new TestModel(11, 3, 4, 4).Node("Softmax", "image", "y").Output("y").Refused());
    }

    [Fact]
    public void Arithmetic_NormalizationOfPixels_IsOneLayer()
    {
        Network network = new TestModel(13, 3, 4, 4).Floats("full", [255]).Floats("mean", [0.49f, 0.48f, 0.45f], 1, 3, 1, 1).Floats("dev", [0.24f, 0.25f, 0.26f], 3, 1, 1).Weights("w", 4, 3, 3, 3)
            .Node("Div", "image full", "a").Node("Sub", "a mean", "b").Node("Div", "b dev", "c").Node("Conv", "c w", "y").Output("y").Check();
        Assert.Equal(["image", "c", "y"], network.Nodes.Select(node => node.Name));
        Assert.IsType<ChannelAffine>(network["c"].Layer);
    }

    [Fact]
    public void Arithmetic_ConstantsOnEitherSide_ComputesWhatOnnxRuntimeDoes() =>
        new TestModel(13, 3, 4, 4).Floats("c", [1, 2, 3], 3, 1, 1).Floats("two", [2], 1)
            .Node("Sub", "c image", "a").Node("Mul", "two a", "b").Node("Relu", "b", "r").Node("Neg", "r", "n").Node("Add", "n image", "s").Node("Add", "two s", "y").Output("y").Check();

    [Fact]
    public void Add_TwoValuesTwice_StaysAsItIs() =>
        new TestModel(13, 3, 4, 4).Node("Relu", "image", "a").Node("Add", "a image", "b").Node("Sum", "a b image", "c").Node("Sum", "c", "d").Node("Add", "d d", "y").Output("y").Check();

    [Fact]
    public void Mul_ConstantOfAWholeMap_IsRefused() =>
        Assert.Contains("[3, 4, 4]", new TestModel(13, 3, 4, 4).Weights("w", 3, 4, 4).Node("Mul", "image w", "y").Output("y").Refused());

    [Fact]
    public void Mul_TwoValues_IsRefused() =>
        Assert.Contains("multiplies two values", new TestModel(13, 3, 4, 4).Node("Tanh", "image", "t").Node("Mul", "image t", "y").Output("y").Refused());

    [Fact]
    public void Pattern_SiLU_IsFound()
    {
        Network network = new TestModel(13, 3, 4, 4).Node("Relu", "image", "x").Node("Sigmoid", "x", "s").Node("Mul", "s x", "y").Output("y").Check();
        Assert.Equal([typeof(Input), typeof(ReLU), typeof(SiLU)], network.Nodes.Select(node => node.Layer.GetType()));
    }

    [Fact]
    public void Pattern_SiLUByExponentials_IsFound() => Assert.IsType<SiLU>(
        new TestModel(13, 3, 4, 4).Floats("one", [1]).Node("Neg", "image", "n").Node("Exp", "n", "e").Node("Add", "e one", "d").Node("Div", "image d", "y").Output("y").Check()["y"].Layer);

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    public void Pattern_HardSwish_IsFound(int opset)
    {
        Network network = new TestModel(opset, 3, 4, 4).Floats("three", [3]).Floats("six", [6]).Floats("zero", [0])
            .Node("Add", "image three", "a").Node("Clip", "a zero six", "c").Node("Div", "c six", "d").Node("Mul", "image d", "y")
            .Node("HardSigmoid", "y", "h", ("alpha", 1f / 6)).Node("Mul", "y h", "z").Output("z").Check();
        Assert.Equal([new HardSwish(), new HardSwish()], network.Nodes.Skip(1).Select(node => node.Layer));
    }

    [Fact]
    public void Pattern_GeluWithErrorFunction_IsFoundInBothOrders()
    {
        TestModel model = new TestModel(13, 3, 4, 4).Floats("root", [RootOfTwo]).Floats("one", [1]).Node("Constant", "", "half", ("value_float", 0.5f))
            .Node("Div", "image root", "d").Node("Erf", "d", "e").Node("Add", "e one", "a").Node("Mul", "image a", "m").Node("Mul", "m half", "y")
            .Node("Mul", "y half", "h").Node("Div", "y root", "d2").Node("Erf", "d2", "e2").Node("Add", "one e2", "a2").Node("Mul", "h a2", "z").Output("z");
        Network network = model.Check();
        Assert.Equal([new GELU(), new GELU()], network.Nodes.Skip(1).Select(node => node.Layer));
    }

    [Fact]
    public void Pattern_GeluWithTanh_IsFound()
    {
        Network network = new TestModel(13, 3, 4, 4).Floats("three", [3]).Floats("kappa", [0.044715f]).Floats("beta", [0.7978845608f]).Floats("one", [1]).Floats("half", [0.5f])
            .Node("Pow", "image three", "p").Node("Mul", "p kappa", "k").Node("Add", "image k", "s").Node("Mul", "beta s", "b").Node("Tanh", "b", "t").Node("Add", "t one", "a")
            .Node("Mul", "half image", "h").Node("Mul", "h a", "y").Output("y").Check();
        Assert.Equal(new GELU(true), network["y"].Layer);
    }

    [Fact]
    public void Pattern_GeluOfNewVersions_IsOneOperator() =>
        new TestModel(20, 3, 4, 4).Node("Gelu", "image", "a").Node("Gelu", "a", "y", ("approximate", "tanh")).Output("y").Check();

    [Fact]
    public void Pattern_MaximumWithZero_IsReLU() =>
        Assert.IsType<ReLU>(new TestModel(13, 3, 4, 4).Floats("zero", [0]).Node("Max", "zero image", "y").Output("y").Check()["y"].Layer);

    [Fact]
    public void Pattern_NearlyAnActivation_IsRefused()
    {
        string message = new TestModel(13, 3, 4, 4).Floats("c", [1.01f]).Node("Mul", "image c", "m").Node("Sigmoid", "m", "s").Node("Mul", "s image", "y").Output("y").Refused();
        Assert.Contains("Mul ('y')", message);
    }

    [Theory]
    [InlineData(9, "y mask")]
    [InlineData(13, "y")]
    public void Dropout_Cast_Identity_AreLeftOut(int opset, string outputs) =>
        Assert.Equal(2, new TestModel(opset, 3, 4, 4).Node("Identity", "image", "i").Node("Cast", "i", "c", ("to", 1)).Node("Dropout", "c", outputs)
            .Node("Relu", "y", "z").Output("z").Check().Nodes.Count);

    [Fact]
    public void Cast_ToWholeNumbers_IsRefused() =>
        Assert.Contains("Cast ('y')", new TestModel(13, 3, 4, 4).Node("Cast", "image", "y", ("to", 7)).Output("y").Refused());
}
