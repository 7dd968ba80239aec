using System.Text;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Files of safetensors.</summary>
public sealed class SafeTensorsTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "safetensors";

    /// <summary>A file with a few tensors.</summary>
    public static byte[] Make(int seed)
    {
        var generator = new NetworkGenerator(seed);
        using var stream = new MemoryStream();
        SafeTensors.Save(
            stream,
            [new("a", generator.DrawTensor(1, 2, 3)), new("b.weight", generator.DrawTensor(1, 1)), new("empty", new Tensor(0, 2))],
            new Dictionary<string, string> { ["format"] = "pt" });
        return stream.ToArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        yield return Make(1);
        const string Types = """{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[2,1],"data_offsets":[4,6]},"c":{"dtype":"F64","shape":[],"data_offsets":[6,14]}}""";
        yield return [.. BitConverter.GetBytes((long)Types.Length), .. Encoding.ASCII.GetBytes(Types), .. new byte[14]];
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        try
        {
            SafeTensors.Load(new MemoryStream(input), "fuzz");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
