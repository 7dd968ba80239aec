using System.IO.Compression;
using System.Text;
using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>What stands beside the weights is passed over, and is never made or called; it is refused only where a tensor is needed.</summary>
public sealed class OpaqueValueTests
{
    /// <summary>Pickles of one value each, as Python writes them.</summary>
    public static TheoryData<string> Values => new(
        "cargparse\nNamespace\n)\u0081}X\u0002\0\0\0lrK\u0001sb", // an object with attributes
        "cargparse\nNamespace\n)R}X\u0002\0\0\0lrK\u0001sb",
        "ccollections\nCounter\n}K\u0005K\u0001s\u0085R",
        "ccollections\ndefaultdict\ncbuiltins\ndict\n\u0085R(X\u0001\0\0\0aK\u0001u",
        "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\u0002\0\0\0f8K\0K\u0001\u0087R(K\u0003X\u0001\0\0\0<NNNtbC\u0008\0\0\0\0\0\0\0\0\u0086R",
        "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R(K\u0001K\u0001\u0085NK\0C\u0004\0\0\0\0tb",
        "cbuiltins\ngetattr\nctorch.optim.lr_scheduler\nLambdaLR\nX\u0001\0\0\0f\u0086R", // a bound function
        "cos\nsystem\nX\u0006\0\0\0reboot\u0085R",
        "ca\nB\n)N\u0092", // NEWOBJ_EX
        "\u008f(K\u0001\u0090", // a set
        "(K\u0001K\u0002\u0091", // a frozen set
        "cbuiltins\nset\n](K\u0001K\u0002e\u0085R",
        "ca\nList\n)R(K\u0001K\u0002e", // a list of a class of its own
        "ca\nList\n)RK\u0001a",
        "}K\u0001K\u0002\u0086K\u0003s", // a dictionary whose keys are tuples
        "\u008b\u0002\0\0\0\u00ff\0"); // LONG4

    [Theory]
    [MemberData(nameof(Values))]
    public void Load_ValueBesideTheWeights_IsPassedOver(string opcodes)
    {
        PickleBuilder pickle = new PickleBuilder(4).Op('}').Text("beside").Raw(Encoding.Latin1.GetBytes(opcodes)).Op('s').Text("state_dict").Op('}')
            .Text("a.weight").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Op('s').Text("a.extra").Raw(Encoding.Latin1.GetBytes(opcodes)).Op('s').Op('s');
        StateDictionary weights = Load(Create(pickle.Stop(), ("data/0", Floats(1, 2))));
        Assert.Equal(["a.weight"], weights.Keys);
        Assert.Equal([1, 2], weights["a.weight"].Span.ToArray());
    }

    /// <summary>One file after the other gives the same weights whatever stands beside them.</summary>
    [Theory]
    [InlineData("numpy-scalar.pt")]
    [InlineData("reference-script.pth")]
    [InlineData("legacy-optimizer.pth")]
    public void Load_FileOfATrainingScript_HasTheWeightsAlone(string file)
    {
        StateDictionary weights = Checkpoint.Load(TestFramework.TestFiles.InTestData($"checkpoints/wild/{file}"));
        Assert.All(weights.Keys, name => Assert.Matches("^(conv1|bn1|layer|fc|linear)", name));
        Assert.Contains("conv1.weight", weights.Keys);
    }

    [Theory]
    [InlineData("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R(K\u0001K\u0001\u0085NK\0C\u0004\0\0\0\0tb", "a NumPy array")]
    [InlineData("ctorch._utils\n_rebuild_qtensor\n)R", "a quantized tensor")]
    [InlineData("ctorch._utils\n_rebuild_sparse_tensor\n)R", "a sparse tensor")]
    public void FromCheckpoint_NeededTensorThatCannotBeRead_SaysWhatItIs(string opcodes, string kind)
    {
        PickleBuilder pickle = new PickleBuilder(4).Op('}').Text("conv1.weight").Raw(Encoding.Latin1.GetBytes(opcodes)).Op('s')
            .Text("bn1.weight").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Op('s');
        StateDictionary weights = Load(Create(pickle.Stop(), ("data/0", Floats(1, 2))));
        string message = Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(weights)).Message;
        Assert.Contains("'conv1.weight'", message);
        Assert.Contains(kind, message);
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => ResNet.FromCheckpoint(weights)).Message);
    }

    [Fact]
    public void Load_QuantizedStorageInsideATuple_IsAQuantizedTensor()
    {
        PickleBuilder pickle = new PickleBuilder(2).Op('}').Text("fc._packed_params._packed_params").Global("torch._utils", "_rebuild_tensor_v2").Op('(')
            .Storage("QInt8Storage", "0", 2).Int(0).Tuple(2).Tuple(1).Raw(0x89).Op('N').Op('t').Op('R').Op('N').Raw(0x86).Op('s')
            .Text("conv.weight").Tensor("FloatStorage", "1", 1, 0, [1], [1]).Op('s');
        StateDictionary weights = Load(Create(pickle.Stop(), ("data/1", Floats(1))));
        Assert.Contains("a quantized tensor", Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(weights)).Message);
    }

    [Fact]
    public void Load_TensorOfASubclass_IsRead()
    {
        PickleBuilder pickle = new PickleBuilder(2).Op('}').Text("a.weight").Global("torch._tensor", "_rebuild_from_type_v2").Op('(')
            .Global("torch._utils", "_rebuild_tensor_v2")
            .Global("my", "Tensor").Op('(').Storage("FloatStorage", "0", 2).Int(0).Tuple(2).Tuple(1).Raw(0x89).Op('N').Op('t').Op('}').Op('t').Op('R').Op('s');
        Assert.Equal([3, 4], Load(Create(pickle.Stop(), ("data/0", Floats(3, 4))))["a.weight"].Span.ToArray());
    }

    [Theory]
    [InlineData("\u0081")] // a class that is no class
    [InlineData("N\u0081")]
    [InlineData("NN\u0092")]
    [InlineData("ca\nB\n\u0081")]
    [InlineData("K\u0001}b")] // attributes of a number
    [InlineData("(\u0090")] // members of nothing
    [InlineData("](\u0090")]
    [InlineData("ca\nB\n(K\u0001")]
    public void Load_MalformedObject_IsRefusedWithOffset(string opcodes)
    {
        byte[] file = Create(new PickleBuilder(4).Raw(Encoding.Latin1.GetBytes(opcodes)).Stop());
        Assert.Contains("'archive/data.pkl', offset", LoadDamaged(file).Message);
    }

    [Fact]
    public void Load_NamesOfGreatLength_AreNotCopiedAgainAndAgain()
    {
        PickleBuilder pickle = new PickleBuilder(4).Text(new string('m', 1_000_000)).Op('q').Raw(0).Op('0');
        for (int i = 0; i < 60_000; i++)
            pickle.Op('h').Raw(0).Op('h').Raw(0).Raw(0x93).Op('0');
        byte[] file = Create(CompressionLevel.NoCompression, pickle.Op('N').Stop());
        long before = GC.GetAllocatedBytesForCurrentThread();
        LoadDamaged(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * file.Length + (64 << 20));
    }
}
