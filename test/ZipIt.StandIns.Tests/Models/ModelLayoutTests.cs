using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Models;

/// <summary>Model files byte for byte: what ML.NET itself writes and reads.</summary>
public class ModelLayoutTests
{
    private const string DataAssembly = "Microsoft.ML.Data, Version=1.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51";
    private const string ImageAssembly = "Microsoft.ML.ImageAnalytics, Version=1.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51";

    private readonly byte[] _file;

    public ModelLayoutTests()
    {
        var context = new MLContext();
        _file = SavedModel.Save(context, SavedModel.ImageChain(context, out IDataView data), data.Schema);
    }

    [Fact]
    public void Save_Chain_WritesTheEntries()
    {
        using var archive = new ZipArchive(new MemoryStream(_file));
        Assert.Equal(
            [
                "Schema", "TrainingInfo/Version.txt", "TransformerChain/Model.key", "TransformerChain/Transform_000/Model.key",
                "TransformerChain/Transform_001/Model.key", "TransformerChain/Transform_002/Model.key",
            ],
            archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Save_SameModelTwice_GivesSameBytes()
    {
        var context = new MLContext();
        Assert.Equal(_file, SavedModel.Save(context, SavedModel.ImageChain(context, out IDataView data), data.Schema));
    }

    [Fact]
    public void Save_Chain_WritesCountAndScopes() =>
        AssertComponent("TransformerChain/Model.key", "XF\0CHAIN", 0x00010001, 0x00010001, "TransformerChain", DataAssembly, [], [3, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0]);

    [Fact]
    public void Save_LoadImages_WritesColumnsFolderAndKind() =>
        AssertComponent(
            "TransformerChain/Transform_000/Model.key", "IMGLOADR", 0x00010003, 0x00010003, "ImageLoaderTransform", ImageAssembly, ["Image", "Path", "folder"],
            [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1]);

    [Fact]
    public void Save_ResizeImages_WritesColumnsSizeKindAndAnchor() =>
        AssertComponent(
            "TransformerChain/Transform_001/Model.key", "IMGSCALF", 0x00010003, 0x00010003, "ImageScalerTransform", ImageAssembly, ["Small", "Image"],
            [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 32, 0, 0, 0, 24, 0, 0, 0, 2, 4]);

    [Fact]
    public void Save_ExtractPixels_WritesColumnsAndOptions() =>
        AssertComponent(
            "TransformerChain/Transform_002/Model.key", "IMGPXEXT", 0x00010003, 0x00010002, "ImagePixelExtractor", ImageAssembly, ["Pixels", "Small"],
            [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14, 1, 1, .. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(0.5f), 1]);

    [Fact]
    public void Save_Schema_WritesABinaryViewWithoutRows()
    {
        byte[] schema = SavedModel.Entry(_file, "Schema");
        Assert.Equal("CML\0DVB\0"u8.ToArray(), schema[..8]);
        Assert.Equal(0x0001000100010006UL, ReadUInt64(schema, 8));
        Assert.Equal(0x0001000100010006UL, ReadUInt64(schema, 16));
        Assert.Equal(256UL, ReadUInt64(schema, 24));
        Assert.Equal((ulong)schema.Length - 8, ReadUInt64(schema, 32));
        Assert.Equal(0UL, ReadUInt64(schema, 40));
        Assert.Equal(4, BinaryPrimitives.ReadInt32LittleEndian(schema.AsSpan(48)));
        Assert.All(schema[52..256], value => Assert.Equal(0, value));
        Assert.Equal("\0BVD\0LMC"u8.ToArray(), schema[^8..]);

        using var reader = new BinaryReader(new MemoryStream(schema[256..^8]), Encoding.UTF8);
        byte[] rest = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal("Path", reader.ReadString());
        Assert.Equal("TextSpan", reader.ReadString());
        Assert.Equal([0, .. rest], reader.ReadBytes(19));
        Assert.Equal("Weight", reader.ReadString());
        Assert.Equal("Single", reader.ReadString());
        Assert.Equal([0, .. rest], reader.ReadBytes(19));
        Assert.Equal("Grid", reader.ReadString());
        Assert.Equal("VBuffer", reader.ReadString());
        Assert.Equal([19, 5, .. "Int32"u8, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, .. rest], reader.ReadBytes(38));
        Assert.Equal("Label", reader.ReadString());
        Assert.Equal("Key2", reader.ReadString());
        Assert.Equal([16, 6, .. "UInt32"u8, 0, 7, 0, 0, 0, 0, 0, 0, 0, .. rest], reader.ReadBytes(35));
        Assert.Equal(reader.BaseStream.Length, reader.BaseStream.Position);
    }

    [Fact]
    public void Load_Schema_RestoresNamesAndTypes()
    {
        SavedModel.Load(_file, out DataViewSchema schema);
        Assert.Equal(
            ["Path: String", "Weight: Single", "Grid: Vector<Int32, 2, 3>", "Label: Key<UInt32, 0-6>"], schema.Select(column => column.ToString()));
    }

    [Fact]
    public void Load_EntriesWithBackslashes_AreFound()
    {
        // ML.NET on Windows writes them.
        using var changed = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(_file)))
        using (var target = new ZipArchive(changed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using Stream stream = target.CreateEntry(entry.FullName.Replace('/', '\\'), CompressionLevel.NoCompression).Open();
                stream.Write(SavedModel.Entry(_file, entry.FullName));
            }
        }
        Assert.Equal(3, ((TransformerChain<ITransformer>)SavedModel.Load(changed.ToArray(), out _)).Count());
    }

    [Fact]
    public void Load_PixelExtractorBeforeOrders_TakesARGB()
    {
        byte[] key = SavedModel.Entry(_file, "TransformerChain/Transform_002/Model.key");
        byte[] older = Component("IMGPXEXT", 0x00010002, 0x00010002, "ImagePixelExtractor", ImageAssembly, ["Pixels", "Small"], [.. Body(key)[..13], .. Body(key)[14..]]);
        byte[] file = SavedModel.With(_file, "TransformerChain/Transform_002/Model.key", older);
        byte[] again = SavedModel.Save(new MLContext(), SavedModel.Load(file, out _), null);
        Assert.Equal(key, SavedModel.Entry(again, "TransformerChain/Transform_002/Model.key"));
    }

    [Fact]
    public void Load_FileWrittenByTheseRules_IsRead()
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("TransformerChain/Model.key").Open();
            entry.Write(Component("IMGSCALF", 0x00010003, 0x00010003, "ImageScalerTransform", "Microsoft.ML.ImageAnalytics", ["Out", "In"], [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 0, 1]));
        }
        ITransformer model = SavedModel.Load(stream.ToArray(), out DataViewSchema schema);
        Assert.IsType<Microsoft.ML.Transforms.Image.ImageResizingTransformer>(model);
        Assert.Null(schema);
    }

    internal static byte[] Component(string signature, uint written, uint readable, string loader, string assembly, string[] strings, byte[] body)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        byte[] chars = Encoding.Unicode.GetBytes(string.Concat(strings));
        byte[] name = Encoding.Unicode.GetBytes(assembly);
        long table = 256 + body.Length;
        long text = table + (8 * strings.Length);
        long names = text + chars.Length;
        long tail = names + name.Length;
        writer.Write("ML\0MODEL"u8);
        writer.Write(0x00010002);
        writer.Write(0x00010002);
        writer.Write(256L);
        writer.Write((long)body.Length);
        writer.Write(strings.Length == 0 ? 0L : table);
        writer.Write(8L * strings.Length);
        writer.Write(strings.Length == 0 ? 0L : text);
        writer.Write((long)chars.Length);
        writer.Write(Encoding.Latin1.GetBytes(signature));
        writer.Write(written);
        writer.Write(readable);
        writer.Write(Encoding.Latin1.GetBytes(loader.PadRight(24, '\0')));
        writer.Write(new byte[24]);
        writer.Write(tail);
        writer.Write(tail + 8);
        writer.Write(names);
        writer.Write(name.Length);
        writer.Write(new byte[100]);
        writer.Write(body);
        long end = 0;
        foreach (string item in strings)
            writer.Write(end += 2 * item.Length);
        writer.Write(chars);
        writer.Write(name);
        writer.Write("LEDOM\0LM"u8);
        return stream.ToArray();
    }

    private static byte[] Body(byte[] key) => key[256..(256 + (int)ReadUInt64(key, 0x18))];

    private static ulong ReadUInt64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    private void AssertComponent(string path, string signature, uint written, uint readable, string loader, string assembly, string[] strings, byte[] body) =>
        Assert.Equal(Component(signature, written, readable, loader, assembly, strings, body), SavedModel.Entry(_file, path));
}
