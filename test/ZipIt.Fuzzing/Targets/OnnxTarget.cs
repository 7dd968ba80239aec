using ZipIt.Networks;
using ZipIt.Onnx;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>ONNX files, whose network is run on two images of numbers if they are accepted.</summary>
public sealed class OnnxTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "onnx";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        for (int seed = 0; seed < 4; seed++)
            yield return Make(new NetworkGenerator(seed).DrawNetwork(6));
        yield return Make(ModelTarget.MakeNetwork());
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        Network network;
        try
        {
            network = OnnxNetwork.Load(new MemoryStream(input), "fuzz").Network;
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return NetworkTrial.Run(network);
    }

    private static byte[] Make(Network network)
    {
        using var stream = new MemoryStream();
        OnnxNetwork.Save(network, stream);
        return stream.ToArray();
    }
}
