using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>Small files that would take minutes or gigabytes if their readers believed them. Everything allocated counts, also what is free again.</summary>
public sealed class ReadingCostTests
{
    private const int PickleLength = PickleReader.MaximumLength - 100;

    /// <summary>A long text that is recalled is hashed once: 300,000 times 400,000 characters would take minutes.</summary>
    [Fact]
    public void Load_LongKeySetAgainAndAgain_TakesNoLongerThanItIs()
    {
        PickleBuilder pickle = new PickleBuilder().Op('}').Text(new string('k', 400_000)).Op('q').Raw(0).Op('0');
        for (int i = 0; i < 300_000; i++)
            pickle.Op('h').Raw(0).Op('N').Op('s');
        AssertFast(() => LoadDamaged(Create(pickle.Stop())));
    }

    /// <summary>The same where the text names the storage of many tensors, once as one object and once as two that are equal.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Load_LongStorageKeyOfManyTensors_TakesNoLongerThanItIs(int copies)
    {
        const int Tensors = 8_000;
        string key = new('k', 500_000);
        PickleBuilder pickle = new PickleBuilder().Global("torch._utils", "_rebuild_tensor_v2").Op('q').Raw(0).Op('0').Global("torch", "FloatStorage").Op('q')
            .Raw(1).Op('0');
        for (int i = 0; i < copies; i++)
            pickle.Text(key).Op('q').Raw((byte)(2 + i)).Op('0');
        pickle.Op('}');
        for (int i = 0; i < Tensors; i++)
        {
            pickle.Text($"{i}").Op('h').Raw(0).Op('(').Op('(').Text("storage").Op('h').Raw(1).Op('h').Raw((byte)(2 + i % copies)).Text("cpu").Int(0).Op('t')
                .Op('Q')
                .Int(0).Tuple(0).Tuple(1).Raw(0x89).Op('N').Op('t').Op('R').Op('s');
        }

        byte[] value = pickle.Stop();
        byte[] legacy =
        [
            .. new PickleBuilder().Raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).Stop(),
            .. new PickleBuilder().Int(1001).Stop(),
            .. new PickleBuilder().Op('}').Text("little_endian").Raw(0x88).Op('s').Stop(),
            .. value,
            .. new PickleBuilder().Op(']').Text(key).Op('a').Stop(),
            .. new byte[8],
        ];
        AssertFast(() => Assert.Contains("has no entry", LoadDamaged(Create(value)).Message));
        AssertFast(() => Assert.Equal(Tensors, Load(legacy).Count));
    }

    [Fact]
    public void Load_ManyWideViewsOfOneStorage_ConvertsItOnce()
    {
        const int Views = 3_000;
        const int Elements = 150_000;
        PickleBuilder pickle = new PickleBuilder().Op('}');
        for (int i = 0; i < Views; i++)
            pickle.Text($"{i}").Tensor("FloatStorage", "0", Elements, 0, [2], [Elements - 1]).Op('s');
        var storage = new byte[Elements * sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(storage.AsSpan(^4..), 7);
        byte[] file = Create(CompressionLevel.Optimal, pickle.Stop(), ("data/0", storage));
        StateDictionary weights = AssertFrugal(file, () => Load(file));
        Assert.Equal(Views, weights.Count);
        Assert.Equal([0f, 7f], weights["2999"].Span.ToArray());
    }

    /// <summary>One byte of a pickle, and less of a compressed one, makes an object of dozens.</summary>
    [Theory]
    [InlineData("]")] // empty lists
    [InlineData("}")] // empty dictionaries
    [InlineData("K\u0001")] // numbers
    [InlineData("G\0\0\0\0\0\0\0\0")] // floating-point numbers
    [InlineData("N\u0085")] // tuples
    [InlineData("U\u0001x")] // texts
    [InlineData("(")] // marks
    [InlineData("C\0")] // bytes
    [InlineData("N")]
    [InlineData("cos\nsystem\n")] // names
    [InlineData("ca\nB\n)\u0081")] // objects
    [InlineData("\u008f")] // sets
    public void Load_CompressedPickleOfManySmallThings_TakesMemoryInProportion(string opcodes)
    {
        byte[] unit = Encoding.Latin1.GetBytes(opcodes);
        var pickle = new PickleBuilder(4);
        for (int i = 0; i < PickleLength / unit.Length; i++)
            pickle.Raw(unit);
        byte[] file = Compress(pickle.Stop());
        AssertFrugal(file, () => LoadDamaged(file));
    }

    /// <summary>The search for the dictionary of weights visits every container.</summary>
    [Theory]
    [InlineData("]")]
    [InlineData("}")]
    [InlineData("N\u0085")]
    public void Load_ListOfManyContainers_IsSearchedInProportion(string opcodes)
    {
        byte[] unit = Encoding.Latin1.GetBytes(opcodes);
        var pickle = new PickleBuilder(4).Op(']').Op('(');
        for (int i = 0; i < 350_000; i++)
            pickle.Raw(unit);
        byte[] file = Compress(pickle.Op('e').Stop());
        AssertFrugal(file, () => LoadDamaged(file));
    }

    [Fact]
    public void Load_LongNameOfWrappers_TakesMemoryInProportion()
    {
        string name = string.Concat(Enumerable.Repeat("module.", 300_000)) + "w";
        byte[] file = Create(CompressionLevel.Optimal, Begin(name).Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op('s').Stop(), ("data/0", Floats(1)),
            ("noise", Noise(200_000)));
        AssertFrugal(file, () => Load(file));
    }

    [Fact]
    public void Load_MemoWithOneHugeIndex_IsRefusedInTime()
    {
        byte[] file = Compress(new PickleBuilder().Text(new string('x', 4_000_000)).Op('r').Raw(0, 9, 0x3d, 0).Stop());
        AssertFrugal(file, () => Assert.Contains("justifies", LoadDamaged(file).Message));
    }

    [Fact]
    public void Load_DictionariesWithManyKeys_AreRefusedInTime()
    {
        PickleBuilder pickle = new PickleBuilder().Op('}');
        for (int i = 0; i < 400_000; i++)
            pickle.Op('U').Raw(5, (byte)i, (byte)(i >> 8), (byte)(i >> 16), 1, 1).Op('N').Op('s');
        byte[] file = Compress(pickle.Stop());
        AssertFrugal(file, () => Assert.Contains("justifies", LoadDamaged(file).Message));
    }

    /// <summary>Sixteen views of 6 million elements that compress to nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_ViewsOfACompressedStorage_StayWithinTheBudget(bool contiguous)
    {
        const int Elements = 2_000_000;
        PickleBuilder pickle = new PickleBuilder().Op('}');
        for (int i = 0; i < 16; i++)
            pickle.Text($"{i}").Tensor("FloatStorage", "0", Elements, 0, [2, Elements / 2], contiguous ? [Elements / 2, 1] : [1, 2]).Op('s');
        byte[] file = Create(CompressionLevel.Optimal, pickle.Stop(), ("data/0", new byte[4 * Elements]), ("noise", Noise(9_000_000)));
        AssertFrugal(file, () => Assert.Contains("justifies", LoadDamaged(file).Message));
    }

    [Fact]
    public void Load_ArchiveWithHugeDirectory_IsRefusedBeforeItIsRead()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < 200; i++)
                archive.CreateEntry($"{i}{new string('x', 45_000)}");
        }

        byte[] file = bytes.ToArray();
        AssertFrugal(file, () => Assert.Contains("directory", LoadDamaged(file).Message));
    }

    [Fact]
    public void LoadSafeTensors_MillionsOfEmptyTensors_AreRefused()
    {
        byte[] file = MakeSafeTensors(SafeTensors.MaximumTensors + 1);
        AssertFrugal(file, () => Assert.Contains("tensors", LoadDamaged(file).Message));
    }

    [Fact]
    public void LoadSafeTensors_AsManyTensorsAsAllowed_TakesMemoryInProportion()
    {
        byte[] file = MakeSafeTensors(SafeTensors.MaximumTensors);
        Assert.Equal(SafeTensors.MaximumTensors, AssertFrugal(file, () => Load(file)).Count);
    }

    [Fact]
    public void LoadSafeTensors_MillionsOfMetadata_AreRefused()
    {
        var header = new StringBuilder("{\"__metadata__\":{\"\":\"\"");
        for (int i = 0; i < 500_000; i++)
            header.Append($",\"{i:x}\":\"\"");
        byte[] file = WithHeader(header.Append("}}").ToString());
        AssertFrugal(file, () => Assert.Contains("metadata", LoadDamaged(file).Message));
    }

    [Fact]
    public void LoadNetwork_MoreNodesThanAllowed_IsRefusedBeforeTheyAreRead()
    {
        using var bytes = new MemoryStream();
        using (var writer = new HashedWriter(bytes))
        {
            writer.WriteBytes("ZIPITNET"u8);
            writer.WriteInt32(1);
            writer.WriteInt32(NetworkLimits.Nodes + 1);
            writer.WriteBytes(new byte[20 * NetworkLimits.Nodes]);
            writer.WriteHash();
        }

        byte[] file = bytes.ToArray();
        var exception = AssertFrugal(file, () => Assert.Throws<InvalidDataException>(() => NetworkFile.Load(new MemoryStream(file), "made.bin")));
        Assert.Contains("at most 10000 nodes", exception.Message);
    }

    /// <summary>A node's long name is looked up by its readers, its readers' readers and so on: it is hashed once.</summary>
    [Fact]
    public void LoadNetwork_LongNameWithManyReaders_TakesNoLongerThanItIs()
    {
        const int Readers = 9_000;
        var image = new Node(new string('n', 1_000_000), new Input(1, 1, 1));
        Node[] readers = [.. Enumerable.Range(0, Readers).Select(i => new Node($"{i}", new ReLU(), image))];
        using var bytes = new MemoryStream();
        AssertFast(() =>
        {
            NetworkFile.Save(new Network(new Head("out", new Node("sum", new Add(), readers))), bytes);
            bytes.Position = 0;
            Network network = NetworkFile.Load(bytes, "made.bin");
            using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1 });
            session.Run([1], 1);
            Assert.Equal(Readers, session.GetOutput(0)[0]);
        });
    }

    /// <summary>A file that is just large enough for a pickle of 4 MB to be unpacked at all.</summary>
    private static byte[] Compress(byte[] pickle) => Create(CompressionLevel.Optimal, pickle, ("noise", Noise(pickle.Length / 16)));

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private static byte[] MakeSafeTensors(int count)
    {
        var header = new StringBuilder("{\"\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
        for (int i = 1; i < count; i++)
            header.Append($",\"{i:x}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        return WithHeader(header.Append('}').ToString());
    }

    private static byte[] WithHeader(string header)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. Ascii(header)];
    }

    /// <summary>The bound is far above what linear work takes on a busy machine, and far below what quadratic work takes on a fast one.</summary>
    private static void AssertFast(Action act)
    {
        var clock = Stopwatch.StartNew();
        act();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    private static void AssertFrugal(byte[] file, Action act) => AssertFrugal(file, () =>
    {
        act();
        return 0;
    });

    private static T AssertFrugal<T>(byte[] file, Func<T> act)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        T result = act();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * file.Length + (64 << 20));
        return result;
    }
}
