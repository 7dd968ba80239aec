using System.Buffers.Binary;
using System.Text;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Formats;

public sealed class SafeTensorsTests
{
    private const string Source = "made.safetensors";

    [Fact]
    public void Load_Prototypes_AreUnitVectors()
    {
        Tensor prototypes = TestFiles.LoadPrototypes();

        Assert.Equal([10, 512], prototypes.Shape.ToArray());
        for (int row = 0; row < 10; row++)
            Assert.Equal(1, Math.Sqrt(prototypes.Slice(row, 1).Span.ToArray().Sum(value => (double)value * value)), 1e-5);
    }

    [Fact]
    public void Load_Reference_ReadsWholeNumbers()
    {
        StateDictionary reference = TestFiles.LoadReference("networks");

        Assert.Equal([64], reference["y64m"].Shape.ToArray());
        Assert.All(reference["y64m"].Span.ToArray(), label => Assert.InRange(label, 0, 9));
        Assert.Equal([64, 3, 32, 32], reference["x64m"].Shape.ToArray());
    }

    [Theory]
    [InlineData("F32", "0000803F000000C0", new float[] { 1, -2 })]
    [InlineData("F16", "003C00C0", new float[] { 1, -2 })]
    [InlineData("BF16", "803F00C0", new float[] { 1, -2 })]
    [InlineData("F64", "000000000000F03F00000000000000C0", new float[] { 1, -2 })]
    [InlineData("I64", "0100000000000000FEFFFFFFFFFFFFFF", new float[] { 1, -2 })]
    [InlineData("I32", "01000000FEFFFFFF", new float[] { 1, -2 })]
    [InlineData("I16", "0100FEFF", new float[] { 1, -2 })]
    [InlineData("I8", "01FE", new float[] { 1, -2 })]
    [InlineData("U8", "01FE", new float[] { 1, 254 })]
    [InlineData("BOOL", "0100", new float[] { 1, 0 })]
    public void Load_ElementType_BecomesFloats(string type, string hex, float[] expected)
    {
        byte[] data = Convert.FromHexString(hex);
        StateDictionary tensors = Load($$"""{"t":{"dtype":"{{type}}","shape":[2],"data_offsets":[0,{{data.Length}}] } }""", data);
        Assert.Equal(expected, tensors["t"].Span.ToArray());
    }

    [Fact]
    public void Save_ThenLoad_GivesTheSameTensorsAndMetadata()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            StateDictionary weights = Checkpoint.Load(TestFiles.ClassModel('b'));
            SafeTensors.Save(path, weights, new Dictionary<string, string> { ["made by"] = "a test, \"quoted\"" });
            StateDictionary restored = Checkpoint.Load(path);

            Assert.Equal(weights.Keys, restored.Keys);
            Assert.All(weights, pair => Assert.Equal(pair.Value.Shape, restored[pair.Key].Shape));
            Assert.All(weights, pair => Assert.Equal(pair.Value.Span, restored[pair.Key].Span));
            Assert.Equal("a test, \"quoted\"", restored.Metadata["made by"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Save_ThatFails_LeavesTheOldFileWhole()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "weights.safetensors");
            SafeTensors.Save(path, [KeyValuePair.Create("old", new Tensor(3))]);
            byte[] before = File.ReadAllBytes(path);

            Assert.Throws<ArgumentException>(() => SafeTensors.Save(path, [KeyValuePair.Create("a", new Tensor(3)), KeyValuePair.Create("a", new Tensor(3))]));

            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Save_Elements_StartAtAMultipleOfEight()
    {
        using var stream = new MemoryStream();
        SafeTensors.Save(stream, [KeyValuePair.Create("ab", new Tensor(1))]);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(stream.ToArray()) % 8);
    }

    [Theory]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "use 4")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2147483591,2147483591,2147483591],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", "'C64'")]
    [InlineData("""{"t":{"dtype":3,"shape":[1],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "'more'")]
    [InlineData("""{"t":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'dtype'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'t' twice")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'u'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "'u'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"a":1}}""", "__metadata__")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"a":"b","a":"c"}}""", "'a'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":[[[[[[[[[[1]]]]]]]]]]}""", "header")]
    [InlineData("""{"t":3}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", "header")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "header")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8""", "header")]
    [InlineData("""[1]""", "header")]
    [InlineData("", "header")]
    public void Load_DamagedHeader_IsRefused(string header, string named)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Load(header, new byte[8]));
        Assert.Contains(Source, exception.Message);
        Assert.Contains(named, exception.Message);
    }

    [Fact]
    public void Load_HeaderLongerThanTheFile_IsRefusedBeforeItIsAllocated()
    {
        var file = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(file, SafeTensors.MaximumHeaderLength);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => SafeTensors.Load(new MemoryStream(file), Source));
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);
        Assert.Throws<InvalidDataException>(() => SafeTensors.Load(new MemoryStream(file), Source));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
    }

    [Fact]
    public void Load_FileCutOrChangedAnywhere_ThrowsNothingElse()
    {
        using var stream = new MemoryStream();
        SafeTensors.Save(stream, [KeyValuePair.Create("ab", new Tensor(2, 3)), KeyValuePair.Create("c", new Tensor(1))], new Dictionary<string,
            string> { ["k"] = "v" });
        byte[] file = stream.ToArray();
        for (int i = 0; i < file.Length; i++)
        {
            Assert.Throws<InvalidDataException>(() => SafeTensors.Load(new MemoryStream(file[..i]), Source));
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x04, 0x80, 0xff])
            {
                byte[] changed = [.. file];
                changed[i] ^= change;
                try
                {
                    SafeTensors.Load(new MemoryStream(changed), Source);
                }
                catch (InvalidDataException)
                {
                    // Refused, as it should be.
                }
            }
        }
    }

    private static StateDictionary Load(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        data.CopyTo(file, 8 + json.Length);
        return SafeTensors.Load(new MemoryStream(file), Source);
    }
}
