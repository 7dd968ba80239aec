using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Whole files of weights, of any format; the older form of PyTorch's has no checksums.</summary>
public sealed class CheckpointTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "checkpoint";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        yield return SafeTensorsTarget.Make(1);
        yield return TorchSharpTarget.Make(1);
        yield return new PickleWriter().Legacy();
        yield return PickleTarget.ToArchive(new PickleWriter().Checkpoint());
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        try
        {
            Checkpoint.Load(new MemoryStream(input), "fuzz");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
