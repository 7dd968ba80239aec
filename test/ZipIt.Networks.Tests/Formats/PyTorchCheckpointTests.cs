using System.IO.Compression;
using ZipIt.TestFramework;
using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

public sealed class PyTorchCheckpointTests
{
    [Fact]
    public void Load_TrainedModel_HasItsTensorsInOrder()
    {
        StateDictionary weights = PyTorchCheckpoint.Load(TestFiles.PrototypeModel('a'));

        Assert.Equal(128, weights.Count);
        Assert.Equal(["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"], weights.Keys.Take(6));
        Assert.Equal([512, 64], weights["linear.weight"].Shape.ToArray());
        Assert.True(weights["bn1.num_batches_tracked"].Span[0] > 0);
    }

    [Theory]
    [InlineData("every-kind.pt")]
    [InlineData("every-kind-legacy.pt")]
    public void Load_EveryKindOfTensor_GivesWhatPyTorchSaved(string file)
    {
        StateDictionary weights = PyTorchCheckpoint.Load(TestFiles.InTestData($"checkpoints/{file}"));
        float[] eighths = [.. Enumerable.Range(0, 24).Select(i => i / 8f)];
        float[] thirds = [.. eighths.Select(value => value / 3)];

        void Expect(string name, int[] shape, float[] values, double tolerance = 0)
        {
            Assert.Equal(shape, weights[name].Shape.ToArray());
            Assert.All(values.Zip(weights[name].Span.ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        }

        Expect("plain", [2, 3, 4], eighths);
        Expect("offset", [2, 3], [10, 11, 12, 13, 14, 15]);
        Expect("transposed", [4, 3], [0, 0.5f, 1, 0.125f, 0.625f, 1.125f, 0.25f, 0.75f, 1.25f, 0.375f, 0.875f, 1.375f]);
        Expect("channels_last", [2, 3, 2, 2], [.. Enumerable.Range(0, 24)]);
        Expect("expanded", [4], [1.5f, 1.5f, 1.5f, 1.5f]);
        Expect("strided", [6], [1, 8, 15, 22, 29, 36]);
        Expect("half", [2, 3, 4], thirds, 5e-4);
        Expect("bfloat16", [2, 3, 4], thirds, 4e-3);
        Expect("double", [2, 3, 4], thirds, 1e-7);
        Expect("int64", [3], [-5, 7, 1 << 20]);
        Expect("int32", [2], [-5, 7]);
        Expect("uint8", [2], [0, 200]);
        Expect("bool", [3], [1, 0, 1]);
        Expect("scalar", [], [3]);
        Expect("empty", [0, 5], []);
        Expect("parameter", [2], [2, 4]);
        Assert.Same(weights["plain"], weights["tied"]);
    }

    [Fact]
    public void Load_DataParallelModel_TakesThePrefixOff() =>
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"],
            PyTorchCheckpoint.Load(TestFiles.InTestData("checkpoints/data-parallel.pt")).Keys);

    [Fact]
    public void Load_WholeModule_IsRefusedWithAdvice()
    {
        string path = TestFiles.InTestData("checkpoints/whole-module.pt");
        var exception = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Load(path));

        Assert.Contains(path, exception.Message);
        Assert.Contains("torch.nn.modules.container.Sequential", exception.Message);
        Assert.Contains("state_dict()", exception.Message);
    }

    [Fact]
    public void Load_MissingFile_SaysSo() => Assert.Throws<FileNotFoundException>(() => Checkpoint.Load("no-such-file.pt"));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Load_Protocol_IsKnown(int protocol)
    {
        byte[] file = WithTensor(Begin(protocol: protocol).Tensor("FloatStorage", "0", 2, 0, [2], [1]), ("data/0", Floats(1, 2)));
        Assert.Equal([1, 2], Load(file)["weight"].Span.ToArray());
    }

    [Fact]
    public void Load_FramedPickleWithMemoAndStackGlobal_IsRead()
    {
        PickleBuilder pickle = new PickleBuilder(4).Raw(0x95, 9, 0, 0, 0, 0, 0, 0, 0).Op('}').Raw(0x94).Raw(0x8c, 1, (byte)'w').Raw(0x94)
            .StackGlobal("torch._utils", "_rebuild_tensor_v2").Raw(0x94)
            .Op('(').Storage("FloatStorage", "0", 1).Int(0).Tuple(1).Tuple(1).Raw(0x89).StackGlobal("collections", "OrderedDict").Op(')').Op('R').Op('t')
                .Op('R')
            .Op('s').Op('h').Raw(0).Op('0');
        Assert.Equal([8], Load(Create(pickle.Stop(), ("data/0", Floats(8))))["w"].Span.ToArray());
    }

    [Fact]
    public void Load_DeflatedEntries_AreRead()
    {
        byte[] pickle = Begin().Tensor("FloatStorage", "0", 3, 0, [3], [1]).Op('s').Stop();
        Assert.Equal([1, 2, 3], Load(Create(CompressionLevel.Optimal, pickle, ("data/0", Floats(1, 2, 3)),
            ("byteorder", Ascii("little"))))["weight"].Span.ToArray());
    }

    /// <summary>More than 65,535 entries do not fit into a plain zip directory.</summary>
    [Fact]
    public void Load_Zip64Archive_IsRead()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < 66_000; i++)
                archive.CreateEntry($"x/{i}");
            using (Stream pickle = archive.CreateEntry("x/data.pkl", CompressionLevel.NoCompression).Open())
                pickle.Write(Begin().Tensor("FloatStorage", "0", 2, 0, [2], [1]).Op('s').Stop());
            using (Stream storage = archive.CreateEntry("x/data/0", CompressionLevel.NoCompression).Open())
                storage.Write(Floats(1, 2));
        }

        Assert.Equal([1, 2], Load(bytes.ToArray())["weight"].Span.ToArray());
    }

    [Fact]
    public void Load_UntypedStorage_TakesTheTypeFromTheTensor()
    {
        byte[] file = WithTensor(Begin().UntypedTensor("bfloat16", "0", 4, [2], [1]), ("data/0", [0x80, 0x3f, 0x00, 0xc0]));
        Assert.Equal([1, -2], Load(file)["weight"].Span.ToArray());
    }

    [Fact]
    public void Load_OrderedDictWithAttributes_IgnoresThem()
    {
        PickleBuilder pickle = new PickleBuilder().Global("collections", "OrderedDict").Op(')').Op('R')
            .Text("weight").Tensor("FloatStorage", "0", 1, 0, [], []).Op('s').Op('}').Op('b');
        Assert.Equal([4], Load(Create(pickle.Stop(), ("data/0", Floats(4))))["weight"].Span.ToArray());
    }

    [Fact]
    public void Load_TwoTensorsInOneStorage_AreBothRead()
    {
        byte[] file = WithTensor(Begin("a").Tensor("FloatStorage", "0", 4, 2, [2], [1]).Op('s').Text("b").Tensor("FloatStorage", "0", 4, 0, [2, 2], [1, 2]),
            ("data/0", Floats(1, 2, 3, 4)));
        StateDictionary weights = Load(file);

        Assert.Equal([3, 4], weights["a"].Span.ToArray());
        Assert.Equal([1, 3, 2, 4], weights["b"].Span.ToArray());
    }

    [Theory]
    [InlineData("model")]
    [InlineData("net")]
    [InlineData("state_dict")]
    public void Load_WrappedDictionary_IsUnwrapped(string wrapper)
    {
        PickleBuilder pickle = new PickleBuilder().Op('}').Text("epoch").Int(7).Op('s').Int(1).Text("no text as key").Op('s').Text(wrapper)
            .Op('}').Text("module.w").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op('s').Op('s');
        Assert.Equal(["w"], Load(Create(pickle.Stop(), ("data/0", Floats(4)))).Keys);
    }

    [Fact]
    public void Load_NoTensors_NamesWhatIsThere()
    {
        byte[] file = Create(new PickleBuilder().Op('}').Text("epoch").Int(7).Op('s').Stop());
        Assert.Contains("'epoch'", LoadDamaged(file).Message);
    }

    [Fact]
    public void Load_BigEndianFile_IsRefused()
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", 1, 0, [1], [1]), ("data/0", Floats(4)), ("byteorder", Ascii("big")));
        Assert.Contains("'big'", LoadDamaged(file).Message);
    }

    [Fact]
    public void Load_TorchScriptArchive_IsRefusedWithAdvice()
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", 1, 0, [1], [1]), ("data/0", Floats(4)), ("constants.pkl", []));
        Assert.Contains("TorchScript", LoadDamaged(file).Message);
    }

    [Fact]
    public void Load_ValueThatIsNotFinite_NamesTheTensor()
    {
        byte[] file = WithTensor(Begin("layer.weight").Tensor("FloatStorage", "0", 2, 0, [2], [1]), ("data/0", Floats(4, float.NaN)));
        Assert.Contains("'layer.weight'", LoadDamaged(file).Message);
    }
}
