using System.Diagnostics;
using Google.Protobuf;
using ZipIt.Networks;
using ZipIt.Onnx.Proto;
using ZipIt.TestFramework;

namespace ZipIt.Onnx.Tests;

public sealed class HostileFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnx").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_FileCutAnywhere_IsRefused()
    {
        byte[] file = Small().ToBytes();
        for (int length = 0; length < file.Length; length++)
            Assert.Contains("test.onnx", Assert.Throws<InvalidDataException>(() => Agreement.Import(file[..length])).Message);
    }

    [Fact]
    public void Load_FileOfPyTorchCutAnywhere_IsRefused()
    {
        byte[] file = File.ReadAllBytes(TestFiles.InTestData("onnx/squeezenet-a.onnx"));
        for (int i = 0; i < 200; i++)
            Assert.Throws<InvalidDataException>(() => Agreement.Import(file[..(int)((long)file.Length * i / 200)]));
    }

    [Fact]
    public void Load_AnyByteChanged_IsRefusedOrRead()
    {
        byte[] file = Small().ToBytes();
        for (int i = 0; i < file.Length; i++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x10, 0x80, 0xff])
            {
                file[i] ^= change;
                ReadOrRefuse(file);
                file[i] ^= change;
            }
        }
    }

    [Theory]
    [InlineData("resnet20-padded-a")]
    [InlineData("vgg11-a")]
    [InlineData("densenet-a")]
    public void Load_FileOfPyTorchChangedAtRandom_IsRefusedOrRead(string name)
    {
        byte[] file = File.ReadAllBytes(TestFiles.InTestData($"onnx/{name}.onnx"));
        var random = new Random(1);
        for (int run = 0; run < 150; run++)
        {
            byte[] changed = [.. file];
            for (int i = random.Next(1, 20); i > 0; i--)
                changed[random.Next(changed.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : file[random.Next(file.Length)];
            ReadOrRefuse(changed);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello, this is a text file")]
    [InlineData("\u0089PNG\r\n\u001a\n")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("\u0008\u0007")]
    public void Load_OtherFile_IsRefused(string content) =>
        Assert.Contains("test.onnx", Assert.Throws<InvalidDataException>(() => Agreement.Import(System.Text.Encoding.Latin1.GetBytes(content))).Message);

    [Fact]
    public void Load_GraphThatGoesInACircle_IsRefused()
    {
        string message = new TestModel(13, 3, 2, 2).Node("Add", "image c", "a").Node("Relu", "a", "b").Node("Relu", "b", "c").Output("c").Refused();
        Assert.Contains("circle", message);
        Assert.Contains("circle", new TestModel(13, 3, 2, 2).Node("Add", "image a", "a").Output("a").Refused());
    }

    [Fact]
    public void Load_NodesInAnyOrder_AreSorted() =>
        Assert.Equal(["image", "a", "b"], new TestModel(13, 3, 2, 2).Node("Relu", "a", "b").Node("Relu", "image", "a").Output("b").Import().Network.Nodes.Select(node => node.Name));

    [Fact]
    public void Load_ValueThatNothingGives_IsNamed()
    {
        string message = new TestModel(13, 3, 2, 2).Node("Conv", "image w", "y").Output("y").Refused();
        Assert.Contains("'y' (Conv)", message);
        Assert.Contains("'w'", message);
    }

    [Fact]
    public void Load_TwoOfOneName_AreRefused()
    {
        Assert.Contains("'w'", new TestModel(13, 3, 2, 2).Weights("w", 1, 3, 1, 1).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y").Output("y").Refused());
        Assert.Contains("'y' twice", new TestModel(13, 3, 2, 2).Node("Relu", "image", "y").Node("Tanh", "image", "y").Output("y").Refused());
        Assert.Contains("'image'", new TestModel(13, 3, 2, 2).Node("Relu", "image", "a").Node("Tanh", "a", "image").Output("a").Refused());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(OnnxNetwork.NewestOpset + 1)]
    public void Load_OtherVersionOfTheOperators_IsRefused(int opset) =>
        Assert.Contains($"version {opset}", new TestModel(opset, 3, 2, 2).Node("Relu", "image", "y").Output("y").Refused());

    [Fact]
    public void Load_EveryVersionOfTheOperators_IsRead()
    {
        for (int opset = OnnxNetwork.OldestOpset; opset <= OnnxNetwork.NewestOpset; opset++)
            Assert.Equal(opset, new TestModel(opset, 3, 2, 2).Node("Relu", "image", "y").Output("y").Import().Opset);
    }

    [Theory]
    [InlineData(new long[] { long.MaxValue, 2, 2, 2 })]
    [InlineData(new long[] { -1, 3, 1, 1 })]
    [InlineData(new long[] { 1 << 20, 1 << 20, 1 << 20, 1 << 20 })]
    [InlineData(new long[] { 2, 3, 1, 1 })]
    [InlineData(new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    public void Load_TensorThatDoesNotFitItsData_IsRefused(long[] shape)
    {
        TestModel model = new TestModel(13, 3, 2, 2).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y").Output("y");
        model.Graph.Initializer[0].Dims.Clear();
        model.Graph.Initializer[0].Dims.Add(shape);
        Assert.Contains("tensor 'w'", RefusedWithin(model, 4 << 20));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(14)]
    [InlineData(99)]
    public void Load_TensorOfAnotherType_IsRefused(int type)
    {
        TestModel model = new TestModel(13, 3, 2, 2).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y").Output("y");
        model.Graph.Initializer[0].DataType = type;
        Assert.Contains("tensor 'w'", model.Refused());
    }

    [Fact]
    public void Load_InputLargerThanAnyImage_AllocatesNothingForIt()
    {
        TestModel Make(params ReadOnlySpan<int> shape) => new TestModel(13, shape).Floats("two", [2]).Node("Mul", "image two", "y").Output("y");

        Assert.Contains("'image'", RefusedWithin(Make(int.MaxValue, int.MaxValue, int.MaxValue), 4 << 20));
        Assert.Contains("channels; at most", RefusedWithin(Make(1 << 30, 1, 1), 4 << 20));
    }

    [Fact]
    public void Load_ConstantsThatBlowUp_AreRefused()
    {
        Assert.Contains("far larger", RefusedWithin(
            new TestModel(13, 3, 2, 2).Integers("s", [1 << 15, 1 << 15], 2).Node("ConstantOfShape", "s", "zeros").Node("Add", "image zeros", "y").Output("y"), 4 << 20));
        Assert.Contains("far larger", RefusedWithin(
            new TestModel(13, 3, 2, 2).Integers("s", [1 << 30, 1 << 30, 1 << 30, 1 << 30], 4).Node("ConstantOfShape", "s", "zeros").Node("Add", "image zeros", "y").Output("y"), 4 << 20));
        TestModel doubled = new TestModel(13, 3, 2, 2).Floats("v0", [1, 2], 2);
        for (int i = 0; i < 60; i++)
            doubled.Node("Concat", $"v{i} v{i}", $"v{i + 1}", ("axis", 0));
        Assert.Contains("far larger", RefusedWithin(doubled.Node("Add", "image v60", "y").Output("y"), 300 << 20));
    }

    [Fact]
    public void Load_WeightsTransposedAgainAndAgain_AreRefused()
    {
        TestModel model = new TestModel(13, 100, 1, 1).Weights("w", 100, 100).Node("Flatten", "image", "x0");
        for (int i = 0; i < 5000; i++)
            model.Node("Gemm", $"x{i} w", $"x{i + 1}");
        Assert.Contains("far larger", RefusedWithin(model.Output("x5000"), 300 << 20));
    }

    [Fact]
    public void Load_FileOfEmptyParts_IsRefusedBeforeTheyAreMade()
    {
        // Each node takes two bytes.
        using var graph = new MemoryStream();
        for (int i = 0; i < 2_000_000; i++)
            graph.Write([0x0a, 0x00]);
        using var file = new MemoryStream();
        using (var output = new CodedOutputStream(file, leaveOpen: true))
        {
            output.WriteTag(ModelProto.GraphFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(graph.ToArray()));
        }

        byte[] bytes = file.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("more than", Assert.Throws<InvalidDataException>(() => Agreement.Import(bytes)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Load_ChainOfManyNodes_NeedsNoDeepStackAndNoLongTime()
    {
        const int Length = 20_000;
        TestModel model = new TestModel(13, 1, 1, 1).Node("Relu", "image", "v0");
        for (int i = 0; i < Length; i++)
            model.Node(i % 2 == 0 ? "Identity" : "Mul", i % 2 == 0 ? $"v{i}" : $"v{i} one", $"v{i + 1}");
        var watch = Stopwatch.StartNew();
        Assert.Equal(3, model.Floats("one", [1]).Output($"v{Length}").Import().Network.Nodes.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("sub/../../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("C:\\secret.bin")]
    [InlineData("")]
    [InlineData(null)]
    public void Load_ExternalDataOutsideTheFolder_AreNotRead(string? location)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "model", "sub")).Parent!.FullName;
        File.WriteAllBytes(Path.Combine(_folder, "secret.bin"), new byte[12]);
        string message = Assert.Throws<InvalidDataException>(() => OnnxNetwork.Load(Save(folder, External(location)))).Message;
        Assert.Contains("tensor 'w'", message);
        Assert.Contains(string.IsNullOrEmpty(location) ? "does not say" : "only files inside the folder", message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_ExternalDataBehindALink_AreNotRead(bool isFolder)
    {
        string outside = Directory.CreateDirectory(Path.Combine(_folder, "outside")).FullName;
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "model")).FullName;
        File.WriteAllBytes(Path.Combine(outside, "weights.bin"), new byte[12]);
        if (isFolder)
            Directory.CreateSymbolicLink(Path.Combine(folder, "link"), outside);
        else
            File.CreateSymbolicLink(Path.Combine(folder, "weights.bin"), Path.Combine(outside, "weights.bin"));
        string path = Save(folder, External(isFolder ? "link/weights.bin" : "weights.bin"));
        Assert.Contains("links are not followed", Assert.Throws<InvalidDataException>(() => OnnxNetwork.Load(path)).Message);
    }

    [Theory]
    [InlineData("weights.bin", "0", "12", null)]
    [InlineData("./sub/weights.bin", "4", null, null)]
    [InlineData("weights.bin", "8", "12", "which has 16")]
    [InlineData("weights.bin", "9223372036854775807", null, "which has 16")]
    [InlineData("weights.bin", "-4", null, "no number of bytes")]
    [InlineData("weights.bin", "0", "16", "16 are declared")]
    [InlineData("sub", "0", "12", "no file")]
    [InlineData("missing.bin", "0", "12", "not there")]
    [InlineData("weights.bin/x", "0", "12", "not there")]
    public void Load_ExternalDataOfTheFolder_AreReadIfTheyAreThere(string location, string offset, string? length, string? problem)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        foreach (string name in (ReadOnlySpan<string>)["weights.bin", "sub/weights.bin"])
            File.WriteAllBytes(Path.Combine(_folder, name), new byte[16]);
        string path = Save(_folder, External(location, offset, length));
        if (problem is null)
            Assert.Equal([0f, 0, 0], ((Conv2d)OnnxNetwork.Load(path).Network["y"].Layer).Weight.Span.ToArray());
        else
            Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => OnnxNetwork.Load(path)).Message);
    }

    [Fact]
    public void Load_ExternalDataOfAStream_AsksForThePath() => Assert.Contains("by its path", External("weights.bin").Refused());

    [Fact]
    public void Load_TensorsThatShareExternalData_AreRefused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "weights.bin"), new byte[16]);
        TestModel model = External("weights.bin");
        TensorProto other = model.Graph.Initializer[0].Clone();
        other.Name = "v";
        model.Graph.Initializer.Add(other);
        model.Node("Conv", "image v", "z").Output("z");
        Assert.Contains("overlaps", Assert.Throws<InvalidDataException>(() => OnnxNetwork.Load(Save(_folder, model))).Message);
    }

    [Fact]
    public void Load_WeightsThatAreNotFinite_AreRefused() =>
        Assert.Contains("not finite", new TestModel(13, 1, 2, 2).Floats("w", [float.PositiveInfinity], 1, 1, 1, 1).Node("Conv", "image w", "y").Output("y").Refused());

    [Fact]
    public void Load_AttributesOfTheWrongKind_AreRefusedByName() => Assert.Contains(
        "'strides'", new TestModel(13, 3, 4, 4).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y", ("strides", "a")).Output("y").Refused());

    [Theory]
    [InlineData("strides", new[] { 0, 1 })]
    [InlineData("strides", new[] { 1 })]
    [InlineData("dilations", new[] { -1, 1 })]
    [InlineData("pads", new[] { 1, 1 })]
    [InlineData("pads", new[] { -1, 0, 0, 0 })]
    [InlineData("pads", new[] { int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue })]
    [InlineData("kernel_shape", new[] { 5, 5 })]
    public void Load_AttributesOutOfRange_AreRefused(string name, int[] values) =>
        Assert.Contains("Conv ('y')", new TestModel(13, 3, 4, 4).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y", (name, values)).Output("y").Refused());

    private static TestModel Small() => new TestModel(13, 2, 4, 4).Weights("c.weight", 3, 2, 3, 3).Weights("b", 3).Floats("v", [1, 2, 3], 3).Integers("t", [0, -1], 2).Weights("w", 12, 2)
        .Node("Conv", "image c.weight b", "c", ("pads", new[] { 1, 1, 1, 1 })).Node("BatchNormalization", "c b b b v", "n").Node("Sigmoid", "n", "s").Node("Mul", "n s", "silu")
        .Node("MaxPool", "silu", "p", ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })).Node("Reshape", "p t", "f").Node("MatMul", "f w", "y").Output("y", 2);

    private static TestModel External(string? location, string offset = "0", string? length = null)
    {
        TestModel model = new TestModel(13, 3, 2, 2).Weights("w", 1, 3, 1, 1).Node("Conv", "image w", "y").Output("y");
        TensorProto tensor = model.Graph.Initializer[0];
        tensor.ClearRawData();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset });
        if (location is not null)
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        if (length is not null)
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
        return model;
    }

    private static string Save(string folder, TestModel model)
    {
        string path = Path.Combine(folder, "network.onnx");
        File.WriteAllBytes(path, model.ToBytes());
        return path;
    }

    private static void ReadOrRefuse(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Agreement.Import(file);
        }
        catch (InvalidDataException exception)
        {
            Assert.Contains("test.onnx", exception.Message);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300 << 20);
    }

    private static string RefusedWithin(TestModel model, long bytes)
    {
        byte[] file = model.ToBytes();
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<InvalidDataException>(() => Agreement.Import(file)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes);
        return message;
    }
}
