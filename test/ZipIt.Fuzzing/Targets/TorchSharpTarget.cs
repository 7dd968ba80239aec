using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>TorchSharp's module files.</summary>
public sealed class TorchSharpTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "torchsharp";

    /// <summary>A file with a few tensors.</summary>
    public static byte[] Make(int seed)
    {
        var generator = new NetworkGenerator(seed);
        using var stream = new MemoryStream();
        TorchSharpFile.Save(
            stream, [new("a", generator.DrawTensor(1, 2, 3)), new("bn.weight", generator.DrawTensor(1, 1)), new("bn.num_batches_tracked", new Tensor()),
            new("empty", new Tensor(0, 2))]);
        return stream.ToArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        yield return Make(1);

        // A half, two bytes, a truth and a double.
        yield return [4, 1, (byte)'a', 5, 0, 0, 60, 1, (byte)'b', 0, 1, 2, 7, 8, 1, (byte)'c', 11, 1, 1, 1, 1, (byte)'d', 7, 2, 1, 1, .. new byte[8]];
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        try
        {
            TorchSharpFile.Load(new MemoryStream(input), "fuzz");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
