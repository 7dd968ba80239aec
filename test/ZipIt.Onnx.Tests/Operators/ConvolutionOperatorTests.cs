using ZipIt.Networks;

namespace ZipIt.Onnx.Tests.Operators;

public sealed class ConvolutionOperatorTests
{
    [Theory]
    [InlineData("SAME_UPPER", 1, 1, 8, 9)]
    [InlineData("SAME_UPPER", 2, 1, 8, 9)]
    [InlineData("SAME_LOWER", 2, 1, 8, 9)]
    [InlineData("SAME_LOWER", 3, 1, 10, 7)]
    [InlineData("VALID", 2, 1, 8, 9)]
    [InlineData("NOTSET", 2, 2, 8, 9)]
    public void Conv_AutoPad_ComputesWhatOnnxRuntimeDoes(string autoPad, int stride, int dilation, int height, int width) =>
        new TestModel(11, 3, height, width).Weights("w", 4, 3, 3, 2).Weights("b", 4)
            .Node("Conv", "image w b", "y", ("auto_pad", autoPad), ("strides", new[] { stride, stride }), ("dilations", new[] { dilation, dilation }))
            .Output("y").Check();

    /// <summary>ONNX Runtime does not run these.</summary>
    [Fact]
    public void Conv_AutoPadWithDilation_IsPaddingByTheWholeWindow() =>
        Assert.Equal(
            new Size2(2, 1),
            ((Conv2d)new TestModel(11, 3, 7, 8).Weights("w", 4, 3, 3, 2).Node("Conv", "image w", "y", ("auto_pad", "SAME_UPPER"), ("dilations", new[] { 2, 2 }))
                .Output("y").Import().Network["y"].Layer).Padding);

    [Theory]
    [InlineData(0, 0, 1, 1, 2, 1)]
    [InlineData(1, 1, 0, 0, 2, 1)]
    [InlineData(3, 0, 1, 2, 1, 1)]
    [InlineData(0, 2, 4, 0, 3, 2)]
    public void Conv_PaddingDiffersBetweenSides_ComputesWhatOnnxRuntimeDoes(int top, int left, int bottom, int right, int stride, int dilation) =>
        new TestModel(13, 2, 9, 8).Weights("w", 4, 1, 3, 3)
            .Node(
                "Conv", "image w", "y", ("pads", new[] { top, left, bottom, right }), ("strides", new[] { stride, stride }), ("dilations", new[] { dilation, dilation }),
                ("group", 2), ("kernel_shape", new[] { 3, 3 }))
            .Output("y").Check();

    [Fact]
    public void Conv_PaddingThatNoKernelStandsFor_IsRefused()
    {
        string message = new TestModel(13, 2, 9, 9).Weights("w", 4, 2, 3, 3)
            .Node("Conv", "image w", "y", ("pads", new[] { 0, 1, 1, 1 }), ("dilations", new[] { 2, 2 })).Output("y").Refused();
        Assert.Contains("'y'", message);
        Assert.Contains("padding of 0 and 1", message);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public void Pad_BeforeConvolutions_BecomesTheirPadding(int opset)
    {
        TestModel model = new TestModel(opset, 3, 6, 6).Weights("w", 4, 3, 3, 3).Weights("v", 4, 3, 1, 1).Integers("p", [0, 0, 1, 0, 0, 0, 2, 1], 8);
        _ = opset < 11 ? model.Node("Pad", "image", "padded", ("pads", new[] { 0, 0, 1, 0, 0, 0, 2, 1 })) : model.Node("Pad", "image p", "padded");
        Network network = model
            .Node("Conv", "padded w", "a", ("pads", new[] { 1, 1, 1, 1 }), ("strides", new[] { 2, 2 })).Node("Conv", "padded v", "b").Output("a").Output("b").Check();
        Assert.Equal(2, network.Nodes.Count(node => node.Layer is Conv2d));
        Assert.Equal(3, network.Nodes.Count);
    }

    [Fact]
    public void Pad_BeforeSomethingElse_IsRefusedThere()
    {
        string message = new TestModel(13, 3, 6, 6).Integers("p", [0, 0, 1, 1, 0, 0, 1, 1], 8).Node("Pad", "image p", "padded").Node("Relu", "padded", "y").Output("y").Refused();
        Assert.Contains("Relu ('y')", message);
    }

    [Fact]
    public void Pad_Channels_BecomesAConvolutionOfOnePixel() => Assert.IsType<Conv2d>(
        new TestModel(13, 3, 6, 6).Integers("p", [0, 2, 0, 0, 0, 1, 0, 0], 8).Node("Pad", "image p", "y").Output("y").Check()["y"].Layer);

    [Fact]
    public void Conv_BiasAddedBehind_IsTheConvolutionsBias()
    {
        Network network = new TestModel(13, 3, 6, 6).Weights("c.weight", 4, 3, 3, 3).Weights("b", 1, 4, 1, 1)
            .Node("Conv", "image c.weight", "x").Node("Add", "b x", "y").Node("Relu", "y", "z").Output("z").Check();
        Assert.NotNull(((Conv2d)network["c"].Layer).Bias);
        Assert.Equal(3, network.Nodes.Count);
    }

    [Fact]
    public void Conv_WeightsOfOneModule_GiveItItsName()
    {
        Network network = new TestModel(13, 3, 6, 6).Weights("layer1.0.conv1.weight", 3, 3, 3, 3)
            .Node("Conv", "image layer1.0.conv1.weight", "x").Node("Conv", "x layer1.0.conv1.weight", "y").Output("y").Check();
        Assert.Equal(["image", "layer1.0.conv1", "layer1.0.conv1_2"], network.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Conv_WeightsThatAreComputed_AreFolded() =>
        new TestModel(13, 3, 6, 6).Weights("v", 3, 3, 3, 4).Floats("scale", [1, 2, 3, 4], 4)
            .Node("Mul", "v scale", "scaled").Node("Transpose", "scaled", "w", ("perm", new[] { 3, 2, 0, 1 })).Node("Conv", "image w", "y").Output("y").Check();
}
