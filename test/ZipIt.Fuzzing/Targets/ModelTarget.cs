using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.Fuzzing.Targets;

/// <summary>
/// Models in ML.NET's archive, which score an image if they are accepted. The input is the length of the description (int32), the description and the network;
/// they get their hashes and take the place of those in an archive of a real model, whose other parts, which ML.NET reads, stay as they are.
/// </summary>
public sealed class ModelTarget : FuzzTarget
{
    // ML.NET's header of a stream, and where it says how long the model is and where what follows begins.
    private const int HeaderLength = 0x100;
    private const int ModelLength = 0x18;
    private static readonly int[] Offsets = [0x20, 0x30, 0x80, 0x88, 0x90];

    private readonly List<(string Name, byte[] Content)> _template =
        ReadArchive(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "zipped-model-v1.zip")));
    private readonly MLContext _context = new(1);

    /// <inheritdoc/>
    public override string Name => "model";

    private byte[] Key => _template.Single(entry => entry.Name.EndsWith("Model.key", StringComparison.Ordinal)).Content;

    private byte[] Network => _template.Single(entry => entry.Name.EndsWith("Network", StringComparison.Ordinal)).Content;

    /// <summary>A network that fits the tasks of the template.</summary>
    public static Network MakeNetwork()
    {
        var image = new Node("image", new Input(3, 4, 4));
        var conv = new Node("conv", new Conv2d(new Tensor(4, 3, 3, 3), new Tensor(4), 1, 1), image);
        var pool = new Node("pool", new MaxPool2d(2, 1, 1, ceilingMode: true), conv);
        var flat = new Node("flat", new Flatten(), new Node("mean", new AvgPool2d(3, 2, 1), pool));
        int features = 4 * 3 * 3;
        return new Network(
            new Head("a", new Node("a", new Linear(new Tensor(2, features)), flat)),
            new Head("b", new Node("b", new ChannelGather(0, 5), flat)));
    }

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        byte[] key = Key;
        int length = BinaryPrimitives.ReadInt32LittleEndian(key.AsSpan(HeaderLength));
        byte[] description = key[HeaderLength..(HeaderLength + sizeof(int) + length)];
        yield return [.. description, .. Network[..^SHA256.HashSizeInBytes]];
        yield return [.. description, .. NetworkFileTarget.Make(MakeNetwork())];
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        ZipTransformer model;
        try
        {
            model = (ZipTransformer)_context.Model.Load(new MemoryStream(MakeArchive(input)), out _);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            return false;
        }

        _ = model.Report?.ToText();
        ReadOnlySpan<int> shape = model.Network.ShapeOf(model.Network.Inputs[0]);
        var pixels = new float[shape[0] * shape[1] * shape[2]];
        if (pixels.Length > 1 << 20)
            return true;
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        SchemaDefinition.Column column = schema[nameof(Row.Pixels)];
        column.ColumnType = new VectorDataViewType(NumberDataViewType.Single, pixels.Length);
        column.ColumnName = model.InputColumnName;
        IDataView scored = model.Transform(_context.Data.LoadFromEnumerable([new Row { Pixels = pixels }], schema));
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema[$"{model.OutputColumnNamePrefix}Score"]);
        VBuffer<float> score = default;
        cursor.MoveNext();
        getScore(ref score);
        return score.Length == model.Labels.Count ? true : throw new InvalidOperationException("There are not as many scores as labels.");
    }

    private static bool IsRefusal(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is FormatException)
                return true;
        }

        return false;
    }

    private byte[] MakeArchive(ReadOnlySpan<byte> input)
    {
        int length = input.Length < sizeof(int) ? 0 : (int)Math.Clamp(BinaryPrimitives.ReadUInt32LittleEndian(input), 0, input.Length - sizeof(int));
        ReadOnlySpan<byte> rest = input.Length < sizeof(int) ? [] : input[sizeof(int)..];
        byte[] key = ReplaceDescription(Key, rest[..length]);
        byte[] network = NetworkFileTarget.AddHash(rest[length..]);
        using var target = new MemoryStream();
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in _template)
            {
                using Stream entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(ReferenceEquals(content, Key) ? key : ReferenceEquals(content, Network) ? network : content);
            }
        }

        return target.ToArray();
    }

    /// <summary>Another description with its hash, and a header that says where everything is.</summary>
    private static byte[] ReplaceDescription(byte[] key, ReadOnlySpan<byte> description)
    {
        int old = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(key.AsSpan(HeaderLength)) + SHA256.HashSizeInBytes;
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, description.Length);
        byte[] result = [.. key.AsSpan(0, HeaderLength), .. length, .. description, .. SHA256.HashData(description), .. key.AsSpan(HeaderLength + old)];
        int growth = result.Length - key.Length;
        Add(result.AsSpan(ModelLength), growth);
        foreach (int offset in Offsets)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(result.AsSpan(offset)) >= HeaderLength + old)
                Add(result.AsSpan(offset), growth);
        }

        return result;
    }

    private static void Add(Span<byte> number, int growth) =>
        BinaryPrimitives.WriteInt64LittleEndian(number, BinaryPrimitives.ReadInt64LittleEndian(number) + growth);

    private static List<(string Name, byte[] Content)> ReadArchive(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read);
        return [.. archive.Entries.Select(entry =>
        {
            using Stream stream = entry.Open();
            var copy = new MemoryStream();
            stream.CopyTo(copy);
            return (entry.FullName, copy.ToArray());
        })];
    }

    private sealed class Row
    {
        public float[] Pixels { get; set; } = [];
    }
}
