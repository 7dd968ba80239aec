using System.Security.Cryptography;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Stored networks, which are run on two images of numbers if they are accepted. The input has no hash at its end: it gets the right one.</summary>
public sealed class NetworkFileTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "network";

    /// <summary>A stored network without its hash.</summary>
    public static byte[] Make(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray()[..^SHA256.HashSizeInBytes];
    }

    /// <summary>A stored network with the right hash.</summary>
    public static byte[] AddHash(ReadOnlySpan<byte> network) => [.. network, .. SHA256.HashData(network)];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        for (int seed = 0; seed < 6; seed++)
            yield return Make(new NetworkGenerator(seed).DrawNetwork(6));
        yield return Make(ModelTarget.MakeNetwork());
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        Network network;
        try
        {
            network = NetworkFile.Load(new MemoryStream(AddHash(input)), "fuzz");
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return NetworkTrial.Run(network);
    }
}
