using ZipIt.Networks.Tests.Layers;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Formats;

public sealed class NetworkFileTests
{
    private const string Source = "stored network";

    [Fact]
    public void Load_TrainedNetwork_IsRestoredBitForBit()
    {
        Network network = ResNet.FromCheckpoint(Checkpoint.Load(TestFiles.ClassModel('a')), null, TestFiles.CifarNormalization, "animals");
        Network restored = Load(Save(network));

        AssertSame(network, restored);
        Assert.Equal(Save(network), Save(restored));
    }

    [Fact]
    public void Load_NetworkOfEveryLayer_IsRestoredBitForBit() => AssertSame(EveryLayer.MakeNetwork(), Load(Save(EveryLayer.MakeNetwork())));

    [Fact]
    public void Load_StreamWithMoreBehind_StopsAtTheEndOfTheNetwork()
    {
        byte[] network = Save(MakeSmallNetwork());
        using var stream = new MemoryStream([1, 2, 3, .. network, 4, 5]);
        stream.Position = 3;
        NetworkFile.Load(stream, Source);
        Assert.Equal(3 + network.Length, stream.Position);

        stream.Position = 3;
        NetworkFile.Load(stream, Source, network.Length);
        stream.Position = 3;
        Assert.Throws<InvalidDataException>(() => NetworkFile.Load(stream, Source, network.Length - 1));
    }

    [Fact]
    public void Save_File_ReplacesTheOldOneAndIsReadBack()
    {
        string path = Path.GetTempFileName();
        try
        {
            NetworkFile.Save(MakeSmallNetwork(), path);
            AssertSame(MakeSmallNetwork(), NetworkFile.Load(path));
            File.AppendAllText(path, "more");
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => NetworkFile.Load(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Load_AnyByteChanged_IsRefused()
    {
        byte[] file = Save(MakeSmallNetwork());
        for (int i = 0; i < file.Length; i++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x10, 0x80, 0xff])
            {
                file[i] ^= change;
                Assert.Contains(Source, Assert.Throws<InvalidDataException>(() => Load(file)).Message);
                file[i] ^= change;
            }
        }
    }

    [Fact]
    public void Load_EveryLayerWithAnyByteChanged_IsRefused()
    {
        byte[] file = Save(EveryLayer.MakeNetwork());
        for (int i = 0; i < file.Length; i++)
        {
            file[i] ^= 0xff;
            Assert.Throws<InvalidDataException>(() => Load(file));
            file[i] ^= 0xff;
        }
    }

    [Fact]
    public void Load_CutAnywhere_IsRefused()
    {
        byte[] file = Save(EveryLayer.MakeNetwork());
        for (int length = 0; length < file.Length; length++)
            Assert.Contains(Source, Assert.Throws<InvalidDataException>(() => Load(file[..length])).Message);
    }

    [Fact]
    public void Load_HugeCounts_AreRefusedBeforeAnythingIsAllocated()
    {
        byte[] file = Save(MakeSmallNetwork());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 8; i < 200; i++)
        {
            byte[] changed = [.. file];
            changed.AsSpan(i, 3).Fill(0xff);
            changed[i + 3] = 0x7f;
            Assert.Throws<InvalidDataException>(() => Load(changed));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 192 * 64 * 1024);
    }

    [Fact]
    public void Load_NewerVersion_SaysSo()
    {
        byte[] file = Save(MakeSmallNetwork());
        file[8] = 2;
        Assert.Contains("format 2", Assert.Throws<InvalidDataException>(() => Load(file)).Message);
    }

    [Fact]
    public void Load_DeepNetwork_NeedsNoDeepStack()
    {
        const int Depth = 9_000;
        var node = new Node("input", new Input(1, 2, 2));
        for (int i = 0; i < Depth; i++)
            node = new Node($"relu{i}", new ReLU(), node);
        int count = 0;
        var thread = new Thread(() => count = Load(Save(new Network(new Head("output", node)))).Nodes.Count, maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(Depth + 1, count);
    }

    [Fact]
    public void Save_WeightThatIsNotFinite_NamesTheNode()
    {
        var weight = new Tensor(1, 4);
        weight.Span[2] = float.NaN;
        var network = new Network(new Head("output",
            new Node("last", new Linear(weight), new Node("flatten", new Flatten(), new Node("input", new Input(1, 2, 2))))));
        Assert.Contains("'last'", Assert.Throws<ArgumentException>(() => Save(network)).Message);
    }

    [Fact]
    public void Load_StreamThatCannotSeek_NeedsItsLength()
    {
        byte[] file = Save(MakeSmallNetwork());
        Assert.Throws<ArgumentException>(() => NetworkFile.Load(new ForwardStream(file), Source));
        AssertSame(MakeSmallNetwork(), NetworkFile.Load(new ForwardStream(file), Source, file.Length));
        Assert.Throws<InvalidDataException>(() => NetworkFile.Load(new ForwardStream(file[..^40]), Source, file.Length));
    }

    private static byte[] Save(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }

    private static Network Load(byte[] file) => NetworkFile.Load(new MemoryStream(file), Source);

    private static Network MakeSmallNetwork()
    {
        var input = new Node("input", new Input(1, 2, 2));
        var conv = new Node("conv", new Conv2d(EveryLayer.Ramp(2, 1, 1, 1), EveryLayer.Ramp(2)), input);
        var sum = new Node("add", new Add(), conv, conv);
        return new Network(new Head("a", new Node("flatten", new Flatten(), sum)), new Head("b", conv));
    }

    /// <summary>Compares names, edges and layers.</summary>
    private static void AssertSame(Network expected, Network found)
    {
        Assert.Equal(expected.Nodes.Select(node => node.Name), found.Nodes.Select(node => node.Name));
        Assert.Equal(expected.Heads.Select(head => (head.Name, head.Node.Name)), found.Heads.Select(head => (head.Name, head.Node.Name)));
        foreach ((Node one, Node other) in expected.Nodes.Zip(found.Nodes))
        {
            Assert.Equal(one.Inputs.Select(node => node.Name), other.Inputs.Select(node => node.Name));
            Assert.True(one.Layer.ComputesSameAs(other.Layer), $"{one}: expected {one.Layer}, found {other.Layer}");
        }
    }

    private sealed class ForwardStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
