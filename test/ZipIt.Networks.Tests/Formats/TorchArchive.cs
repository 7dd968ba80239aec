using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>Puts checkpoints together as <c>torch.save</c> does, or nearly so.</summary>
internal static class TorchArchive
{
    public const string Source = "made.pt";

    /// <summary>The bytes of an archive with a pickle and further entries below <c>archive/</c>.</summary>
    public static byte[] Create(byte[] pickle, params (string Name, byte[] Content)[] entries) => Create(CompressionLevel.NoCompression, pickle, entries);

    public static byte[] Create(CompressionLevel compression, byte[] pickle, params (string Name, byte[] Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries.Prepend(("data.pkl", pickle)))
            {
                using Stream entry = archive.CreateEntry("archive/" + name, compression).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    public static StateDictionary Load(byte[] file) => Checkpoint.Load(new MemoryStream(file), Source);

    public static InvalidDataException LoadDamaged(byte[] file)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Load(file));
        Assert.Contains(Source, exception.Message);
        return exception;
    }

    /// <summary>An archive whose only tensor is <c>weight</c>.</summary>
    public static byte[] WithTensor(PickleBuilder tensor, params (string Name, byte[] Content)[] entries) => Create(tensor.Op('s').Stop(), entries);

    /// <summary>The beginning of a pickle that ends as <see cref="WithTensor"/> wants it.</summary>
    public static PickleBuilder Begin(string name = "weight", int protocol = 2) => new PickleBuilder(protocol).Op('}').Text(name);

    public static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
