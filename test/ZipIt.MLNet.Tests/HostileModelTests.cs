using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

/// <summary>Models that are well formed and hashed, but made to crash, to hang or to fill memory where they are loaded.</summary>
public sealed class HostileModelTests
{
    private const long MostBytes = 64 << 20;
    private const int Sentinel = 398_765;

    private readonly MLContext _context = new(1);

    public static TheoryData<string, int> HugeNumbers()
    {
        var data = new TheoryData<string, int>();
        foreach (string place in (string[])["pool padding", "pool kernel", "pool stride", "conv padding", "conv stride", "conv dilation", "input height",
            "input channels"])
        {
            foreach (int value in (int[])[-1, 0, 1 << 21, 1 << 30, (1 << 30) + 1, int.MaxValue - 499, int.MaxValue])
            {
                if (value != 0 || !place.EndsWith("padding", StringComparison.Ordinal))
                    data.Add(place, value);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(HugeNumbers))]
    public void Load_NetworkWithNumberOutOfRange_IsRefusedByName(string place, int value)
    {
        byte[] network = Patch(SaveWithSentinel(place), value);
        Assert.Contains("'hostile'", LoadRefused(WithNetwork(network)));
    }

    [Theory]
    [InlineData("padding")]
    [InlineData("pool")]
    [InlineData("convolution")]
    [InlineData("concat")]
    [InlineData("image")]
    public void Load_NetworkThatCostsTooMuch_IsRefusedByName(string kind)
    {
        Network network = kind switch
        {
            "padding" => Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(4, 3, 1, 1), null, 1, 3000)),
            "pool" => Classifier(new Input(3, 900, 900), new AvgPool2d(900, 1, 450)),
            "convolution" => Classifier(new Input(3, 1000, 1000), new Conv2d(new Tensor(1, 3, 150, 150), null, 1, 75)),
            "concat" => Classifier(Doubling("hostile", 17)),
            _ => Classifier(new Node("hostile", new Input(3, 4000, 4000))),
        };
        Assert.Contains("'hostile'", LoadRefused(WithNetwork(ToBytes(network))));
    }

    [Fact]
    public void Load_NetworkOfCompressedZeros_IsRefused()
    {
        byte[] file = WithNetwork(ToBytes(Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(1000, 3, 3, 3), null, 1, 1),
            new Conv2d(new Tensor(1000, 1000, 3, 3), null, 1, 1))));
        Assert.Contains("unpacks", LoadRefused(file));
    }

    /// <summary>What real weights do not do, zeros of a small model may.</summary>
    [Fact]
    public void Load_SmallNetworkOfZeros_IsLoaded() =>
        Load(WithNetwork(ToBytes(Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(100, 3, 3, 3), null, 1, 1)))));

    [Fact]
    public void Load_ManyNodes_TakesMemoryInProportion()
    {
        Node value = new("hostile", new Input(3, 4, 4));
        for (int i = 0; i < NetworkLimits.Nodes - 10; i++)
            value = new Node($"{i}", new Softmax(), value);
        byte[] file = WithNetwork(ToBytes(Classifier(value)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        ZipTransformer model = Load(file);
        Score(model, new float[48]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes + 4 * file.Length);
    }

    [Fact]
    public void Load_BatchThatTheNetworkIsTooLargeFor_IsCutDown()
    {
        Network network = Classifier(new Input(3, 500, 500), new MaxPool2d(2));
        byte[] file = WithNetwork(ToBytes(network));
        ZipTransformer usual = Load(WithNetwork(ToBytes(Classifier(new Input(3, 4, 4), new MaxPool2d(2)))));
        ZipTransformer cut = Load(file);
        Assert.Equal(Samples.Zipped.Model.BatchSize, usual.Model.BatchSize);
        Assert.InRange(cut.Model.BatchSize, 1, usual.Model.BatchSize - 1);
    }

    [Fact]
    public void FromBytes_TooManyTasks_IsRefusedBeforeTheyAreRead()
    {
        byte[] description = Describe(writer =>
        {
            writer.Write(20_000);
            for (int t = 0; t < 20_000; t++)
            {
                WriteText(writer, $"t{t}");
                writer.Write(1);
                WriteText(writer, $"c{t}");
                writer.Write(0);
            }
        });
        Assert.Contains("at most 1024", Refuse(description));
    }

    [Theory]
    [InlineData("column")]
    [InlineData("prefix")]
    [InlineData("task")]
    [InlineData("label")]
    [InlineData("report")]
    public void FromBytes_HugeText_IsRefusedBeforeItIsRead(string place)
    {
        string huge = new('x', 5 << 20);
        byte[] description = Describe(
            writer =>
            {
                writer.Write(1);
                WriteText(writer, place == "task" ? huge : "t");
                writer.Write(1);
                WriteText(writer, place == "label" ? huge : "c");
                writer.Write(0);
                WriteText(writer, place == "report" ? huge : "");
            },
            place == "column" ? huge : "Pixels",
            place == "prefix" ? huge : "");
        Assert.Contains("longer than", Refuse(description));
    }

    /// <summary>A task's name stood in a message that was made for each of its labels.</summary>
    [Fact]
    public void FromBytes_LongNameWithManyLabels_AllocatesInProportion()
    {
        const int Labels = 100_000;
        byte[] description = Describe(writer =>
        {
            writer.Write(1);
            WriteText(writer, new string('t', ClassificationTask.MaximumNameLength));
            writer.Write(Labels);
            for (int c = 0; c < Labels; c++)
                WriteText(writer, $"{c}");
            writer.Write(0);
            WriteText(writer, "");
        });
        long before = GC.GetAllocatedBytesForCurrentThread();
        ZipModelDescription.FromBytes(description);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }

    [Fact]
    public void FromBytes_MoreClassesThanAllowed_IsRefused()
    {
        byte[] description = Describe(writer =>
        {
            writer.Write(1);
            WriteText(writer, "t");
            writer.Write(TaskScorer.MaximumClasses + 1);
            for (int c = 0; c <= TaskScorer.MaximumClasses; c++)
                WriteText(writer, $"{c}");
        });
        Assert.Contains("classes", Refuse(description));
    }

    [Fact]
    public void Save_LongColumnName_IsRefused()
    {
        ZipTransformer model = Samples.Zipped;
        var long1 = new ZipTransformer(_context, model.Model, new string('x', 2000), "", null);
        Assert.Contains("1024", Assert.Throws<InvalidOperationException>(() => new ZipModelDescription(long1).ToBytes()).Message);
    }

    /// <summary>A full disk where ML.NET unpacks the model is no damage of the model.</summary>
    [Fact]
    public void Load_DiskIsFull_IsReportedAsThat()
    {
        byte[] file = Store(Save(Samples.Zipped));
        int place = file.AsSpan().IndexOf("ZIPITNET"u8);
        var full = new IOException("No space left on device", 28);
        Exception failure = Assert.ThrowsAny<Exception>(() => _context.Model.Load(new FailingStream(file, place + 100, full), out _));
        Assert.Contains(full, Causes(failure));
        Assert.DoesNotContain(Causes(failure), cause => cause is FormatException);

        Exception cut = Assert.ThrowsAny<Exception>(() => _context.Model.Load(new FailingStream(file, place + 100, new EndOfStreamException()), out _));
        Assert.Contains(Causes(cut), cause => cause is FormatException);
    }

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    private string LoadRefused(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception failure = Assert.ThrowsAny<Exception>(() => Load(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        return Causes(failure).OfType<FormatException>().First().Message;
    }

    private static string Refuse(byte[] description)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception failure = Assert.ThrowsAny<FormatException>(() => ZipModelDescription.FromBytes(description));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        return failure.Message;
    }

    private ZipTransformer Load(byte[] file) => (ZipTransformer)_context.Model.Load(new MemoryStream(file), out _);

    private float[] Score(ZipTransformer model, float[] pixels)
    {
        IDataView data = _context.Data.LoadFromEnumerable([new SmallRow { Pixels = pixels }]);
        return _context.Data.CreateEnumerable<ScoreRow>(model.Transform(data), reuseRowObject: false).Single().Score!;
    }

    private byte[] Save(ITransformer model)
    {
        using var stream = new MemoryStream();
        _context.Model.Save(model, Samples.View(_context, 1).Schema, stream);
        return stream.ToArray();
    }

    /// <summary>A model of two tasks, as a zip of two classifiers makes it, with another network.</summary>
    private byte[] WithNetwork(byte[] network) =>
        Rewrite(Save(Samples.Zipped), CompressionLevel.Optimal, (name, bytes) => name.EndsWith("Network") ? network : bytes);

    private static byte[] Store(byte[] file) => Rewrite(file, CompressionLevel.NoCompression, (_, bytes) => bytes);

    private static byte[] Rewrite(byte[] file, CompressionLevel compression, Func<string, byte[], byte[]> replace)
    {
        using var target = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read))
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using Stream content = entry.Open();
                var copy = new MemoryStream();
                content.CopyTo(copy);
                using Stream stream = archive.CreateEntry(entry.FullName, compression).Open();
                stream.Write(replace(entry.FullName, copy.ToArray()));
            }
        }

        return target.ToArray();
    }

    private static byte[] SaveWithSentinel(string place) => ToBytes(place switch
    {
        "pool padding" => Classifier(new Input(3, 4, 4), new MaxPool2d(new Size2(2 * Sentinel, 2), 1, new Size2(Sentinel, 1))),
        "pool kernel" => Classifier(new Input(3, 4, 4), new AvgPool2d(new Size2(Sentinel, 2), 1, new Size2(Sentinel / 2, 1))),
        "pool stride" => Classifier(new Input(3, 4, 4), new MaxPool2d(2, Sentinel)),
        "conv padding" => Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(4, 3, 1, 1), null, 100_000, new Size2(0, Sentinel))),
        "conv stride" => Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(4, 3, 1, 1), null, Sentinel, 1)),
        "conv dilation" => Classifier(new Input(3, 4, 4), new Conv2d(new Tensor(4, 3, 1, 1), null, 1, 1, Sentinel)),
        "input height" => Classifier(new Node("hostile", new Input(3, Sentinel, 1))),
        _ => Classifier(new Node("hostile", new Input(Sentinel, 1, 1))),
    });

    /// <summary>Puts another number in the place of the first that is the sentinel, and repairs the hash at the end.</summary>
    private static byte[] Patch(byte[] network, int value)
    {
        var sentinel = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(sentinel, Sentinel);
        int place = network.AsSpan().IndexOf(sentinel);
        Assert.True(place > 0, "The network does not hold the number.");
        BinaryPrimitives.WriteInt32LittleEndian(network.AsSpan(place), value);
        int end = network.Length - SHA256.HashSizeInBytes;
        SHA256.HashData(network.AsSpan(0, end), network.AsSpan(end));
        return network;
    }

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }

    private static Network Classifier(Input input, params Layer[] layers)
    {
        var value = new Node("input", input);
        for (int i = 0; i < layers.Length; i++)
            value = new Node(i == 0 ? "hostile" : $"layer{i}", layers[i], value);
        return Classifier(value);
    }

    private static Network Classifier(Node value)
    {
        // The number of channels does not matter to a gather.
        var flat = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), value));
        var features = new Node("features", new ChannelGather(0, 0, 0, 0, 0, 0), flat);
        return new Network(new Head("animals", features), new Head("vehicles", features));
    }

    private static Node Doubling(string last, int times)
    {
        Node value = new("input", new Input(1, 40, 40));
        for (int i = 1; i <= times; i++)
            value = new Node(i == times ? last : $"double{i}", new Concat(), value, value);
        return value;
    }

    private static byte[] Describe(Action<BinaryWriter> writeTasks, string column = "Pixels", string prefix = "")
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        WriteText(writer, column);
        WriteText(writer, prefix);
        writer.Write(0);
        writer.Write(32);
        writeTasks(writer);
        return stream.ToArray();
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private sealed class SmallRow
    {
        [VectorType(48)]
        public float[]? Pixels { get; set; }
    }

    private sealed class ScoreRow
    {
        public float[]? Score { get; set; }
    }

    /// <summary>A file whose reading fails at some place.</summary>
    private sealed class FailingStream(byte[] content, int place, IOException failure) : MemoryStream(content, writable: false)
    {
        // All other ways to read a derived stream lead here.
        public override int Read(byte[] buffer, int offset, int count) => Position <= place && Position + count > place
            ? throw failure
            : base.Read(buffer, offset, count);
    }
}
