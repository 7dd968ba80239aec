using System.Text;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Formats;

public sealed class TorchSharpFileTests : IDisposable
{
    private const string Source = "module.dat";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Load_EveryElementType_BecomesFloats()
    {
        StateDictionary tensors = Load(
            [
                10,
                .. Entry("u8", 0, [2], 7, 255), .. Entry("i8", 1, [1], 255), .. Entry("i16", 2, [1], 0xFE, 0xFF), .. Entry("i32", 3, [1], 1, 1, 0, 0),
                .. Entry("layer.num_batches_tracked", 4, [], 5, 0, 0, 0, 0, 0, 0, 0), .. Entry("f16", 5, [1], 0, 0x3C),
                .. Entry("f32", 6, [1, 2], 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40),
                .. Entry("f64", 7, [1], 0, 0, 0, 0, 0, 0, 0xF0, 0x3F), .. Entry("bool", 11, [2], 0, 1), .. Entry("bf16", 15, [1], 0x80, 0xBF),
            ]);

        Assert.Equal([7, 255], tensors["u8"].Span.ToArray());
        Assert.Equal([-1], tensors["i8"].Span.ToArray());
        Assert.Equal([-2], tensors["i16"].Span.ToArray());
        Assert.Equal([257], tensors["i32"].Span.ToArray());
        Assert.Equal([5], tensors["layer.num_batches_tracked"].Span.ToArray());
        Assert.Equal(0, tensors["layer.num_batches_tracked"].Rank);
        Assert.Equal([1], tensors["f16"].Span.ToArray());
        Assert.Equal([1, 2], tensors["f32"].Span.ToArray());
        Assert.Equal([1, 2], tensors["f32"].Shape.ToArray());
        Assert.Equal([1], tensors["f64"].Span.ToArray());
        Assert.Equal([0, 1], tensors["bool"].Span.ToArray());
        Assert.Equal([-1], tensors["bf16"].Span.ToArray());
    }

    /// <summary>Byte by byte as Module.save writes a module with one weight and a counter; long names and extents take two bytes.</summary>
    [Fact]
    public void Save_ModuleOfABatchNormalization_GivesTheBytesOfTorchSharp()
    {
        string name = new('n', 200);
        using var stream = new MemoryStream();

        TorchSharpFile.Save(stream, [new("bn.num_batches_tracked", new Tensor(new float[] { 3 })), new(name, new Tensor(300, 0)),
            new("w", new Tensor(new float[] { 1, -2 }, 2, 1))]);

        Assert.Equal(
            [
                3, .. Entry("bn.num_batches_tracked", 4, [], 3, 0, 0, 0, 0, 0, 0, 0),
                0xC8, 0x01, .. Encoding.ASCII.GetBytes(name), 6, 2, 0xAC, 0x02, 0,
                .. Entry("w", 6, [2, 1], 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0),
            ],
            stream.ToArray());
    }

    [Theory]
    [InlineData(".dat")]
    [InlineData(".safetensors")]
    public void Save_ThenLoad_GivesTheSameTensors(string extension)
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.ClassModel('b'));
        string path = Path.Combine(_folder.FullName, "größe" + extension.ToUpperInvariant());

        Checkpoint.Save(path, weights);
        StateDictionary read = Checkpoint.Load(path);

        Assert.Equal(weights.Keys, read.Keys);
        Assert.All(weights, pair => Assert.Equal(pair.Value.Shape, read[pair.Key].Shape));
        Assert.All(weights, pair => Assert.Equal(pair.Value.Span, read[pair.Key].Span));
    }

    [Theory]
    [InlineData(".dat")]
    [InlineData(".safetensors")]
    public void Save_NetworkWithNormalization_GivesTheNetworkBack(string extension)
    {
        Network network = ResNet.FromCheckpoint(Checkpoint.Load(TestFiles.ClassModel('a')), normalization: TestFiles.CifarNormalization);
        string path = Path.Combine(_folder.FullName, "weights" + extension);

        Checkpoint.Save(path, StateDictionary.FromNetwork(network));
        StateDictionary read = Checkpoint.Load(path);
        Network rebuilt = Architecture.FromCheckpoint(read, normalization: TestFiles.CifarNormalization);

        Assert.Equal(ToBytes(network), ToBytes(rebuilt));
        Assert.Equal(Checkpoint.Load(TestFiles.ClassModel('a')).Keys.Order(), read.Keys.Order());
        Assert.Equal(extension == ".safetensors", read.Metadata.ContainsKey(StateDictionary.NormalizationKey));
    }

    [Fact]
    public void FromNetwork_Normalization_IsMetadataThatCanBeRead()
    {
        Network network = ResNet.FromCheckpoint(Checkpoint.Load(TestFiles.ClassModel('a')),
            normalization: new ChannelAffine(new Tensor(new float[] { 1, 2, 0.1f }, 3), new Tensor(3)));

        Assert.Equal("""{"scale": [1, 2, 0.1], "shift": [0, 0, 0]}""", StateDictionary.FromNetwork(network).Metadata[StateDictionary.NormalizationKey]);
    }

    [Fact]
    public void Save_OtherExtension_IsRefused() =>
        Assert.Contains(".safetensors or .dat", Assert.Throws<ArgumentException>(() => Checkpoint.Save("weights.pt", new StateDictionary("", []))).Message);

    [Fact]
    public void Save_ThatFails_LeavesTheOldFileWhole()
    {
        string path = Path.Combine(_folder.FullName, "weights.dat");
        TorchSharpFile.Save(path, [new("old", new Tensor(3))]);
        byte[] before = File.ReadAllBytes(path);

        Assert.Throws<ArgumentException>(() => TorchSharpFile.Save(path, [new("a", new Tensor(3)), new("a", new Tensor(3))]));
        Assert.Throws<ArgumentException>(() => TorchSharpFile.Save(path, [new("", new Tensor(3))]));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(_folder.GetFiles());
    }

    /// <summary>256 tensors are the bytes 80 02, with which pickles begin too.</summary>
    [Theory]
    [InlineData(256)]
    [InlineData(384)]
    [InlineData(640)]
    public void Load_NumberOfTensorsThatLooksLikeAPickle_IsRead(int count)
    {
        string path = Path.Combine(_folder.FullName, "weights.dat");
        Checkpoint.Save(path, new StateDictionary("", Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"layer.{i}", new Tensor(1)))));

        Assert.Equal(0x80, File.ReadAllBytes(path)[0]);
        Assert.Equal(count, Checkpoint.Load(path).Count);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html></html>")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n")]
    [InlineData("\u0005hello world, this is text")]
    public void Load_TextOfOtherKinds_IsNoModule(string text) =>
        Assert.Throws<InvalidDataException>(() => Checkpoint.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), Source));

    [Fact]
    public void Load_DamagedFiles_AreRefusedWithTheTensor()
    {
        Refuse("'t'", [1, .. Entry("t", 8, [1], 0, 0)]); // complex
        Refuse("'t'", [1, .. Entry("t", 99, [1], 0, 0)]);
        Refuse("'t' of shape [2]", [1, .. Entry("t", 6, [2], 0, 0, 0, 0)]);
        Refuse("dimensions", [1, 1, (byte)'t', 6, 17, .. new byte[40]]);
        Refuse("elements", [1, 1, (byte)'t', 6, 2, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0, 0]);
        Refuse("too large", [1, 1, (byte)'t', 6, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 0]);
        Refuse("tensors in", [0xFF, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0]);
        Refuse("tensors in", [9, .. Entry("t", 0, [1], 1)]);
        Refuse("name", [1, 0, 6, 0, 0, 0, 0, 0]);
        Refuse("name", [1, 100, (byte)'t', 6, 0, 0, 0, 0, 0]);
        Refuse("no text", [1, 1, 0xFF, 6, 0, 0, 0, 0, 0]);
        Refuse("behind its last tensor", [1, .. Entry("t", 0, [1], 1), 0]);
        Refuse("two tensors", [2, .. Entry("t", 0, [1], 1), .. Entry("t", 0, [1], 1)]);
        Refuse("ends too early", []);

        void Refuse(string expected, byte[] file)
        {
            string message = Assert.Throws<InvalidDataException>(() => Load(file)).Message;
            Assert.Contains(Source, message);
            Assert.Contains(expected, message);
        }
    }

    [Fact]
    public void Load_FileCutOrChangedAnywhere_ThrowsNothingElse()
    {
        using var stream = new MemoryStream();
        TorchSharpFile.Save(stream, [new("ab", new Tensor(2, 3)), new("c.num_batches_tracked", new Tensor())]);
        byte[] file = stream.ToArray();
        for (int i = 0; i < file.Length; i++)
        {
            Assert.Throws<InvalidDataException>(() => Load(file[..i]));
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x04, 0x80, 0xff])
            {
                byte[] changed = [.. file];
                changed[i] ^= change;
                try
                {
                    Load(changed);
                }
                catch (InvalidDataException)
                {
                    // Refused, as it should be.
                }
            }
        }
    }

    private static StateDictionary Load(byte[] file) => TorchSharpFile.Load(new MemoryStream(file), Source);

    private static byte[] Entry(string name, byte type, byte[] shape, params byte[] elements) =>
        [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), type, (byte)shape.Length, .. shape, .. elements];

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }
}
