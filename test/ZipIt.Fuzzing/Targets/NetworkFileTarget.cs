using System.Security.Cryptography;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Stored networks, which are run on two images of numbers if they are accepted. The input has no hash at its end: it gets the right one.</summary>
public sealed class NetworkFileTarget : FuzzTarget
{
    private const int Images = 2;

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

        // Less than a server allows, so that a run is short; memory is held against the input's length.
        var limits = new SessionLimits { ImageBytes = 4 << 20, ImageOperations = 200_000_000 };
        var options = new SessionOptions { MaximumBatchSize = Images, Threads = 2, Limits = limits };
        try
        {
            new CpuEngine().MeasureSession(network, options);
        }
        catch (ArgumentException)
        {
            return false;
        }

        using INetworkSession session = new CpuEngine().CreateSession(network, options);
        session.Run([.. network.Inputs.Select(node => (ReadOnlyMemory<float>)MakeImages(network.ShapeOf(node)))], Images);
        for (int head = 0; head < network.Heads.Count; head++)
            session.GetOutput(head);
        return true;
    }

    private static float[] MakeImages(ReadOnlySpan<int> shape)
    {
        var images = new float[Images * shape[0] * shape[1] * shape[2]];
        for (int i = 0; i < images.Length; i++)
            images[i] = i % 7 - 3;
        return images;
    }
}
