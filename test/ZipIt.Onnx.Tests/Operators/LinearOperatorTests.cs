using ZipIt.Networks;

namespace ZipIt.Onnx.Tests.Operators;

public sealed class LinearOperatorTests
{
    [Theory]
    [InlineData(0, 1f, 1f, 5)]
    [InlineData(1, 0.5f, 2f, 5)]
    [InlineData(1, 1f, 1f, 1)]
    public void Gemm_AllAttributes_ComputesWhatOnnxRuntimeDoes(int transposed, float alpha, float beta, int bias) =>
        Flat(11).Weights("w", transposed == 1 ? [5, 12] : [12, 5]).Weights("b", bias)
            .Node("Gemm", "flat w b", "y", ("transB", transposed), ("alpha", alpha), ("beta", beta)).Output("y").Check();

    [Fact]
    public void MatMul_WithAdditionBehind_IsOneLayer()
    {
        Network network = Flat(13).Weights("w", 12, 5).Weights("b", 5).Node("MatMul", "flat w", "x").Node("Add", "x b", "y").Output("y").Check();
        Assert.NotNull(((Linear)network.Heads[0].Node.Layer).Bias);
    }

    [Fact]
    public void Arithmetic_BehindAFullyConnectedLayer_GoesIntoIt()
    {
        Network network = Flat(13).Weights("w", 12, 5).Weights("a", 5).Weights("s", 1, 5).Floats("two", [2])
            .Node("MatMul", "flat w", "x").Node("Mul", "x s", "scaled").Node("Sub", "a scaled", "y").Node("Div", "y two", "z").Output("z").Check();
        Assert.IsType<Linear>(network.Heads[0].Node.Layer);
    }

    [Fact]
    public void BatchNormalization_OfAVector_GoesIntoTheLayerBefore() =>
        Flat(13).Weights("w", 12, 5).Weights("b", 5).Weights("m", 5).Floats("v", [1, 2, 0.5f, 3, 1], 5).Weights("g", 5)
            .Node("MatMul", "flat w", "x").Node("BatchNormalization", "x g b m v", "y").Node("Relu", "y", "z").Output("z").Check();

    [Fact]
    public void Arithmetic_OnALayerThatOthersReadToo_IsRefused()
    {
        string message = Flat(13).Weights("w", 12, 5).Floats("two", [2]).Node("MatMul", "flat w", "x").Node("Mul", "x two", "y").Output("x").Output("y").Refused();
        Assert.Contains("Mul ('y')", message);
    }

    [Theory]
    [InlineData("transA", 1)]
    public void Gemm_ThatMixesImages_IsRefused(string attribute, int value) =>
        Assert.Contains("transA", Flat(13).Weights("w", 12, 5).Node("Gemm", "flat w", "y", (attribute, value)).Output("y").Refused());

    private static TestModel Flat(int opset) => new TestModel(opset, 3, 2, 2).Node("Flatten", "image", "flat");
}
