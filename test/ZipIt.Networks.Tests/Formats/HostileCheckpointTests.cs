using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using ZipIt.TestFramework;
using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

public sealed class HostileCheckpointTests
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "exec")]
    [InlineData("builtins", "getattr")]
    [InlineData("__builtin__", "eval")]
    [InlineData("subprocess", "Popen")]
    [InlineData("torch", "load")]
    [InlineData("torch.serialization", "load")]
    [InlineData("torch._utils", "_rebuild_sparse_tensor")]
    [InlineData("collections", "OrderedDict.fromkeys")]
    [InlineData("numpy.core.multiarray", "scalar")]
    public void Load_PickleThatCallsAnything_IsRefusedByName(string module, string name)
    {
        byte[][] pickles =
        [
            new PickleBuilder().Global(module, name).Text("echo hello").Raw(0x85).Op('R').Stop(),
            new PickleBuilder(4).StackGlobal(module, name).Text("echo hello").Raw(0x85).Op('R').Stop(),
        ];
        foreach (byte[] pickle in pickles)
        {
            string message = LoadDamaged(Create(pickle)).Message;
            Assert.Contains($"{module}.{name}", message);
            Assert.Contains("'archive/data.pkl', offset", message);
        }
    }

    [Theory]
    [InlineData("INST", "(ios\nsystem\n")]
    [InlineData("OBJ", "(No")]
    [InlineData("opcode 0x53", "S'echo'\n")]
    [InlineData("opcode 0x67", "g0\n")]
    [InlineData("PERSID", "P1\n")]
    [InlineData("EXT", "\u0082\u0001")]
    public void Load_OpcodeOutsideThePlainPart_IsRefused(string name, string opcodes)
    {
        string message = LoadDamaged(Create(new PickleBuilder().Raw(Encoding.Latin1.GetBytes(opcodes)).Stop())).Message;
        Assert.Contains($"uses {name}, ", message);
        Assert.Contains("refused", message);
    }

    [Fact]
    public void Load_NewObjectOfKnownClass_IsRefused() =>
        Assert.Contains("NEWOBJ", LoadDamaged(Create(new PickleBuilder().Global("collections", "OrderedDict").Op(')').Raw(0x81).Stop())).Message);

    [Fact]
    public void Load_CallOfATensor_IsRefused()
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op(')').Op('R'), ("data/0", Floats(1)));
        Assert.Contains("REDUCE", LoadDamaged(file).Message);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("R.")]
    [InlineData("s.")]
    [InlineData("t.")]
    [InlineData("(.")]
    [InlineData("}(s.")]
    [InlineData("0.")]
    [InlineData("2.")]
    [InlineData("b.")]
    [InlineData("Q.")]
    [InlineData("NQ.")]
    [InlineData("NNR.")]
    [InlineData("NNa.")]
    [InlineData("N(Ne.")]
    [InlineData("}(Nu.")]
    [InlineData("q\u0001.")]
    [InlineData("h\u0001.")]
    [InlineData("Nr\u00ff\u00ff\u00ff\u007f.")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fa.")]
    [InlineData("B\u00ff\u00ff\u00ff\u00ffa.")]
    [InlineData("\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffa.")]
    [InlineData("ctorch")]
    [InlineData("}]s.")]
    [InlineData("}]Ns.")]
    public void Load_MalformedPickle_IsRefusedWithOffset(string opcodes)
    {
        byte[] file = Create(new PickleBuilder().Raw(Encoding.Latin1.GetBytes(opcodes)).Stop());
        Assert.Contains("'archive/data.pkl', offset", LoadDamaged(file).Message);
    }

    [Theory]
    [InlineData(2, 0, new long[] { 3 }, new long[] { 1 })]
    [InlineData(2, 1, new long[] { 2 }, new long[] { 1 })]
    [InlineData(2, -1, new long[] { 1 }, new long[] { 1 })]
    [InlineData(2, 3, new long[] { 0 }, new long[] { 1 })]
    [InlineData(2, 0, new long[] { -1 }, new long[] { 1 })]
    [InlineData(2, 0, new long[] { 2 }, new long[] { -1 })]
    [InlineData(2, 0, new long[] { 2 }, new long[] { 1, 1 })]
    [InlineData(2, 0, new long[] { 2, 2 }, new long[] { long.MaxValue, long.MaxValue })]
    [InlineData(2, 0, new long[] { int.MaxValue, int.MaxValue, 4, 4 }, new long[] { 0, 0, 0, 0 })]
    [InlineData(2, 0, new long[] { 1000, 1000, 300 }, new long[] { 0, 0, 0 })]
    [InlineData(-1, 0, new long[] { 1 }, new long[] { 1 })]
    [InlineData(long.MaxValue, 0, new long[] { 1 }, new long[] { 1 })]
    [InlineData(1L << 40, 0, new long[] { 1 << 30 }, new long[] { 1 })]
    [InlineData(3, 0, new long[] { 2 }, new long[] { 1 })]
    public void Load_TensorThatDoesNotFitItsStorage_IsRefused(long count, long offset, long[] shape, long[] strides)
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", count, offset, shape, strides), ("data/0", Floats(1, 2)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        LoadDamaged(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Load_TensorWithoutStorage_NamesTheEntry() =>
        Assert.Contains("'archive/data/0'", LoadDamaged(WithTensor(Begin().Tensor("FloatStorage", "0", 1, 0, [1], [1]))).Message);

    [Fact]
    public void Load_StorageKeyWithPath_StaysInsideTheArchive() =>
        Assert.Contains("has no entry", LoadDamaged(WithTensor(Begin().Tensor("FloatStorage", "../../../../etc/passwd", 1, 0, [1], [1]))).Message);

    [Fact]
    public void Load_DeeplyNestedContainers_NeedNoDeepStack()
    {
        const int Depth = 100_000;
        var pickle = new PickleBuilder().Raw([.. Enumerable.Repeat((byte)']', Depth), .. Enumerable.Repeat((byte)'a', Depth - 1)]);
        Assert.Contains("no dictionary", LoadDamaged(Create(pickle.Stop())).Message);
    }

    [Fact]
    public void Load_ContainersThatShareEachOther_TakeNoLongerThanTheyAreLong()
    {
        // Each list holds the one before twice: 2^64 paths.
        PickleBuilder pickle = new PickleBuilder().Op('}').Text("state_dict").Op(']').Op('q').Raw(0);
        for (int i = 0; i < 64; i++)
            pickle.Op('0').Op(']').Op('(').Op('h').Raw((byte)i).Op('h').Raw((byte)i).Op('e').Op('q').Raw((byte)(i + 1));
        var watch = Stopwatch.StartNew();
        LoadDamaged(Create(pickle.Op('s').Stop()));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void Load_SharedListCopiedAgainAndAgain_IsRefused()
    {
        PickleBuilder pickle = new PickleBuilder().Op(']').Op('(');
        for (int i = 0; i < 1000; i++)
            pickle.Op('(').Op('N').Op('N').Op('t');
        pickle.Op('e').Raw(0x85).Op('q').Raw(0);
        for (int i = 0; i < 1000; i++)
            pickle.Global("collections", "OrderedDict").Op('h').Raw(0).Op('R').Op('0');
        Assert.Contains("copies more values", LoadDamaged(Create(pickle.Stop())).Message);
    }

    [Fact]
    public void Load_ZipBomb_IsRefusedBeforeItIsUnpacked()
    {
        byte[] pickle = Begin().Tensor("FloatStorage", "0", 4 << 20, 0, [4 << 20], [1]).Op('s').Stop();
        byte[] file = Create(CompressionLevel.SmallestSize, pickle, ("data/0", new byte[16 << 20]));
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("far more than the file has", LoadDamaged(file).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Load_TwoPickles_AreRefused()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("a/data.pkl");
            archive.CreateEntry("b/data.pkl");
        }

        Assert.Contains("found 2", LoadDamaged(bytes.ToArray()).Message);
    }

    [Fact]
    public void Load_ZipThatIsNoCheckpoint_IsRefused()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            archive.CreateEntry("readme.txt");
        Assert.Contains("no PyTorch checkpoint", LoadDamaged(bytes.ToArray()).Message);
    }

    [Theory]
    [InlineData("every-kind.pt")]
    [InlineData("every-kind-legacy.pt")]
    public void Load_FileCutAnywhere_IsRefused(string name)
    {
        byte[] file = File.ReadAllBytes(TestFiles.InTestData($"checkpoints/{name}"));
        for (int length = 0; length < file.Length; length++)
            LoadDamaged(file[..length]);
    }

    [Fact]
    public void Load_TrainedModelCutAnywhere_IsRefused()
    {
        byte[] file = File.ReadAllBytes(TestFiles.ClassModel('a'));
        for (int i = 0; i < 100; i++)
            LoadDamaged(file[..(int)((long)file.Length * i / 100)]);
    }

    /// <summary>
    /// Nothing but <see cref="InvalidDataException"/> is ever thrown. A zip archive that still loads (the byte was padding) gives the same values; the older
    /// form has no checksums.
    /// </summary>
    [Theory]
    [InlineData("every-kind.pt", true)]
    [InlineData("every-kind-legacy.pt", false)]
    [InlineData("data-parallel.pt", true)]
    public void Load_AnyByteChanged_IsRefusedOrHarmless(string name, bool hasChecksums)
    {
        byte[] file = File.ReadAllBytes(TestFiles.InTestData($"checkpoints/{name}"));
        StateDictionary original = Load(file);
        for (int i = 0; i < file.Length; i++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x80, 0xff])
            {
                file[i] ^= change;
                try
                {
                    StateDictionary weights = Load(file);
                    if (hasChecksums)
                        Assert.All(original, pair => Assert.True(pair.Value.Span.SequenceEqual(weights[pair.Key].Span)));
                }
                catch (InvalidDataException exception)
                {
                    Assert.Contains(Source, exception.Message);
                }

                file[i] ^= change;
            }
        }
    }

    /// <summary>Changes behind a valid checksum reach the pickle reader itself.</summary>
    [Fact]
    public void Load_PickleChangedAtRandom_IsRefusedOrRead()
    {
        byte[] pickle = Begin("a").Tensor("FloatStorage", "0", 4, 2, [2], [1]).Op('s').Text("b").UntypedTensor("float16", "1", 8, [2, 2], [1, 2]).Op('s')
            .Stop();
        var random = new Random(1);
        for (int run = 0; run < 5000; run++)
        {
            byte[] changed = [.. pickle];
            for (int i = random.Next(1, 5); i > 0; i--)
                changed[random.Next(changed.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : pickle[random.Next(pickle.Length)];
            byte[] file = Create(changed, ("data/0", Floats(1, 2, 3, 4)), ("data/1", new byte[8]));
            try
            {
                Load(file);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains(Source, exception.Message);
            }
        }
    }

    [Fact]
    public void Load_ChangedWeight_IsRefusedByItsChecksum()
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", 3, 0, [3], [1]), ("data/0", Floats(1, 2, 77)));
        int place = file.AsSpan().IndexOf(Floats(1, 2, 77));
        file[place] ^= 1;
        string message = LoadDamaged(file).Message;

        Assert.Contains("'archive/data/0'", message);
        Assert.Contains("checksum", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello, this is a text file")]
    [InlineData("\u0089PNG\r\n\u001a\n")]
    [InlineData("PK\u0005\u0006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("\u0080\u0002N.")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff{}")]
    public void Load_OtherFile_IsRefused(string content) => LoadDamaged(Encoding.Latin1.GetBytes(content));

    [Fact]
    public void Load_UnknownFile_SaysWhatIsSupported()
    {
        string message = LoadDamaged("GIF89a..."u8.ToArray()).Message;
        Assert.Contains("PyTorch", message);
        Assert.Contains("safetensors", message);
    }
}
