using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx.Tests.Operators;

/// <summary>Poolings, and the operators that arrange channels, pixels and dimensions.</summary>
public sealed class ShapeOperatorTests
{
    [Theory]
    [InlineData("MaxPool", new[] { 0, 0, 1, 1 }, 8)]
    [InlineData("AveragePool", new[] { 0, 0, 1, 1 }, 8)]
    [InlineData("MaxPool", new[] { 1, 1, 1, 1 }, 7)]
    [InlineData("AveragePool", new[] { 1, 1, 1, 1 }, 7)]
    public void Pool_PaddingOfAnySides_ComputesWhatOnnxRuntimeDoes(string operation, int[] pads, int size) =>
        new TestModel(13, 3, size, size).Node(operation, "image", "y", ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", pads)).Output("y").Check();

    [Theory]
    [InlineData("MaxPool", "SAME_UPPER")]
    [InlineData("AveragePool", "SAME_UPPER")]
    [InlineData("MaxPool", "VALID")]
    public void Pool_AutoPad_ComputesWhatOnnxRuntimeDoes(string operation, string autoPad) =>
        new TestModel(13, 3, 8, 8).Node(operation, "image", "y", ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("auto_pad", autoPad)).Output("y").Check();

    [Fact]
    public void Pool_DefaultStride_IsOne() => Assert.Equal(1, ((MaxPool2d)new TestModel(13, 3, 8, 8).Node("MaxPool", "image", "y", ("kernel_shape", new[] { 2, 2 })).Output("y").Check()["y"].Layer).Stride);

    [Fact]
    public void Pool_PaddingBeforeOnly_IsRefused() =>
        Assert.Contains("differs between two sides", new TestModel(13, 3, 8, 8).Node("MaxPool", "image", "y", ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 0, 0 })).Output("y").Refused());

    [Fact]
    public void GlobalPools_ComputeWhatOnnxRuntimeDoes() =>
        new TestModel(13, 3, 5, 4).Node("GlobalMaxPool", "image", "a").Node("GlobalAveragePool", "image", "b").Node("Concat", "a b", "y", ("axis", 1)).Output("y").Check();

    [Theory]
    [InlineData(new[] { 2, 3 }, 1)]
    [InlineData(new[] { -1, -2 }, 0)]
    public void ReduceMean_OverThePixels_IsAGlobalPool(int[] axes, int keep) =>
        Assert.Contains(new TestModel(13, 3, 5, 4).Node("ReduceMean", "image", "m", ("axes", axes), ("keepdims", keep)).Node("Relu", "m", "y").Output("y").Check().Nodes, node => node.Layer is GlobalAveragePool);

    [Fact]
    public void ReduceMean_OfNewVersions_TakesItsAxesAsInput() =>
        new TestModel(18, 3, 5, 4).Integers("axes", [2, 3], 2).Node("ReduceMean", "image axes", "m", ("keepdims", 0)).Node("Relu", "m", "y").Output("y").Check();

    [Fact]
    public void ReduceMean_OverJoinedPixels_IsAGlobalPool() =>
        new TestModel(13, 3, 5, 4).Integers("shape", [0, 3, -1], 3).Node("Reshape", "image shape", "r").Node("ReduceMean", "r", "m", ("axes", new[] { 2 }), ("keepdims", 0)).Output("m").Check();

    [Fact]
    public void ReduceMean_OverTheChannels_IsRefused() =>
        Assert.Contains("does not average over the pixels", new TestModel(13, 3, 5, 4).Node("ReduceMean", "image", "y", ("axes", new[] { 1 })).Output("y").Refused());

    [Fact]
    public void Flatten_ByTheShapeOfTheValue_IsFound()
    {
        Network network = new TestModel(13, 3, 5, 4).Integers("zero", [0]).Integers("axes", [0], 1).Integers("rest", [-1], 1).Weights("w", 60, 2)
            .Node("Shape", "image", "s").Node("Gather", "s zero", "g", ("axis", 0)).Node("Unsqueeze", "g axes", "u").Node("Concat", "u rest", "t", ("axis", 0))
            .Node("Reshape", "image t", "f").Node("MatMul", "f w", "y").Output("y").Check();
        Assert.Equal(["image", "f", "y"], network.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Flatten_ByAProductOfExtents_IsFound() =>
        new TestModel(13, 3, 5, 4).Integers("one", [1], 1).Integers("end", [9], 1)
            .Node("Shape", "image", "s").Node("Cast", "s", "c", ("to", 7)).Node("Slice", "c one end", "rest").Node("ReduceProd", "rest", "p", ("keepdims", 1))
            .Node("Constant", "", "open", ("value", TestModel.Tensor("", new long[] { -1 }, [1]))).Node("Concat", "open p", "t", ("axis", 0)).Node("Reshape", "image t", "y").Output("y").Check();

    [Fact]
    public void Reshape_ToAFixedNumberOfImages_IsReadIfTheInputHasIt()
    {
        TestModel Make(int? batch)
        {
            var model = new TestModel(13);
            model.Graph.Input.Add(TestModel.Describe("image", batch, [3, 2, 2]));
            return model.Integers("t", [2, -1], 2).Node("Reshape", "image t", "y").Output("y");
        }

        Make(2).Check(2);
        Assert.Contains("images of a batch apart", Make(null).Refused());
        Assert.Contains("images of a batch apart", Make(4).Refused());
    }

    [Fact]
    public void Reshape_ThatMixesImages_IsRefused() =>
        Assert.Contains("images of a batch apart", new TestModel(13, 3, 2, 2).Integers("t", [-1, 6], 2).Node("Reshape", "image t", "y").Output("y").Refused());

    [Fact]
    public void Views_ThatLeadBack_AreLeftOut() =>
        Assert.Equal(["image", "p", "c", "f"], new TestModel(13, 3, 5, 4).Integers("two", [2], 1).Integers("three", [3], 1).Integers("t", [0, -1, 1, 1], 4).Weights("w", 2, 3, 1, 1)
            .Node("GlobalAveragePool", "image", "p").Node("Squeeze", "p three", "a").Node("Squeeze", "a two", "b").Node("Reshape", "b t", "m").Node("Conv", "m w", "c").Node("Flatten", "c", "f")
            .Output("f").Check().Nodes.Select(node => node.Name));

    [Fact]
    public void Transpose_OfExtentsOfOne_IsAView() =>
        new TestModel(13, 3, 5, 4).Node("GlobalAveragePool", "image", "p").Node("Transpose", "p", "t", ("perm", new[] { 0, 2, 3, 1 })).Node("Flatten", "t", "y").Output("y").Check();

    [Fact]
    public void Transpose_ThatMovesPixels_IsRefused() =>
        Assert.Contains("order of the elements", new TestModel(13, 3, 5, 4).Node("Transpose", "image", "y", ("perm", new[] { 0, 2, 3, 1 })).Output("y").Refused());

    [Fact]
    public void Split_Gather_Slice_OfChannels_PickThem() =>
        new TestModel(13, 7, 3, 3).Integers("sizes", [3, 4], 2).Integers("i", [2, -1, 0], 3).Integers("s", [-1], 1).Integers("e", [-100], 1).Integers("a", [1], 1).Integers("st", [-2], 1)
            .Node("Split", "image sizes", "l r", ("axis", 1)).Node("Gather", "r i", "g", ("axis", 1)).Node("Slice", "image s e a st", "v").Node("Concat", "l g v", "y", ("axis", 1)).Output("y").Check();

    [Fact]
    public void Split_OfOldVersions_IntoEvenParts() =>
        new TestModel(11, 6, 3, 3).Node("Split", "image", "a b", ("axis", 1)).Node("Add", "a b", "y").Output("y").Check();

    [Fact]
    public void Slice_EveryOtherPixel_IsAPoolOfOnePixel() =>
        new TestModel(9, 3, 5, 4).Node("Slice", "image", "y", ("starts", new[] { 0 }), ("ends", new[] { 99 }), ("axes", new[] { 1 })).Node("Relu", "y", "z").Output("z").Check();

    [Fact]
    public void Slice_WithSteps_ThatCutsPixels_IsRefused() =>
        Assert.Contains("cuts pixels away", new TestModel(9, 3, 5, 4).Node("Slice", "image", "y", ("starts", new[] { 1 }), ("ends", new[] { 99 }), ("axes", new[] { 2 })).Output("y").Refused());

    [Fact]
    public void Concat_OfVectors_ComputesWhatOnnxRuntimeDoes() =>
        new TestModel(13, 3, 2, 2).Node("Flatten", "image", "f").Node("Relu", "f", "r").Node("Concat", "f r", "y", ("axis", -1)).Output("y").Check();

    [Fact]
    public void Constants_OfEveryKind_AreFolded()
    {
        TestModel model = new TestModel(13, 2, 2, 2).Integers("shape", [2, 1, 1], 3).Integers("wide", [2, 1, 1], 3)
            .Node("ConstantOfShape", "shape", "nines", ("value", TestModel.Tensor("", [9f], [1]))).Node("Sqrt", "nines", "threes")
            .Node("Constant", "", "pair", ("value_floats", new[] { 1f, 2f })).Node("Unsqueeze", "pair axes", "column").Integers("axes", [1, 2], 2).Node("Pow", "threes column", "powers")
            .Node("Reciprocal", "powers", "inverse").Node("Exp", "inverse", "e").Node("Neg", "e", "n").Node("Floor", "n", "f").Node("Ceil", "f", "c")
            .Node("Constant", "", "one", ("value_int", 1)).Node("Cast", "one", "fone", ("to", 1)).Node("Expand", "fone wide", "ones").Node("Sub", "c ones", "d").Node("Div", "d threes", "q")
            .Node("Add", "image q", "y").Output("y");
        model.Check();
    }

    [Theory]
    [InlineData(nameof(TensorProto.Types.DataType.Float16))]
    [InlineData(nameof(TensorProto.Types.DataType.Double))]
    [InlineData(nameof(TensorProto.Types.DataType.Bfloat16))]
    [InlineData(nameof(TensorProto.Types.DataType.Float))]
    public void Tensor_InTypedFields_IsRead(string typeName)
    {
        var type = Enum.Parse<TensorProto.Types.DataType>(typeName);
        var tensor = new TensorProto { Name = "w", DataType = (int)type, Dims = { 2, 1, 1, 1 } };
        switch (type)
        {
            case TensorProto.Types.DataType.Float16:
                tensor.Int32Data.Add([BitConverter.HalfToUInt16Bits((Half)1.5f), BitConverter.HalfToUInt16Bits((Half)(-2f))]);
                break;
            case TensorProto.Types.DataType.Bfloat16:
                tensor.Int32Data.Add([BitConverter.SingleToInt32Bits(1.5f) >>> 16, BitConverter.SingleToInt32Bits(-2f) >>> 16]);
                break;
            case TensorProto.Types.DataType.Double:
                tensor.DoubleData.Add([1.5, -2]);
                break;
            default:
                tensor.FloatData.Add([1.5f, -2]);
                break;
        }

        var model = new TestModel(13, 1, 2, 2);
        model.Graph.Initializer.Add(tensor);
        Network network = model.Node("Conv", "image w", "y").Output("y").Import().Network;
        Assert.Equal([1.5f, -2], ((Conv2d)network["y"].Layer).Weight.Span.ToArray());
    }

    [Fact]
    public void Options_ImageSize_FillsWhatTheFileLeavesOpen()
    {
        TestModel model = new TestModel(13, 3, 0, 0).Weights("w", 2, 3, 3, 3).Node("Conv", "image w", "y").Output("y");
        Assert.Contains("ImageSize", model.Refused());
        Network network = model.Import(new OnnxImportOptions { ImageSize = new Size2(6, 8) }).Network;
        Assert.Equal([2, 4, 6], network.ShapeOf(network["y"]).ToArray());
    }

    [Fact]
    public void Options_Outputs_NamesWhichAreRead()
    {
        TestModel model = new TestModel(13, 3, 2, 2).Node("Flatten", "image", "f").Node("LogSoftmax", "f", "y").Output("y");
        string message = model.Refused();
        Assert.Contains("LogSoftmax ('y')", message);
        Assert.Equal("f", model.Import(new OnnxImportOptions { Outputs = ["f"] }).Network.Heads.Single().Name);
        Assert.Contains("'nothing'", model.Refused(new OnnxImportOptions { Outputs = ["nothing"] }));
    }

    [Fact]
    public void Load_ManyUnsupportedOperators_NamesThemAllAtOnce()
    {
        string message = new TestModel(13, 3, 2, 2).Node("Foo", "image", "a").Node("Foo", "a", "b").Node("Relu", "b", "c").Node("Bar", "c", "d").Node("ReduceMean", "image", "e", ("axes", new[] { 1 }))
            .Node("Add", "d e", "y").Output("y").Refused();
        Assert.Contains("'test.onnx'", message);
        Assert.Contains("Foo ('a', 'b')", message);
        Assert.Contains("Bar ('d')", message);
        Assert.Contains("ReduceMean ('e')", message);
        Assert.DoesNotContain("Relu", message);
    }
}
