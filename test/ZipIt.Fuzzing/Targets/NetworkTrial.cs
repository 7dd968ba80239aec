using ZipIt.Networks;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Runs a network that a file describes, whatever it is, on two images of numbers.</summary>
internal static class NetworkTrial
{
    private const int Images = 2;

    /// <summary>Runs a network.</summary>
    /// <returns>False if it costs too much; less is allowed than to a server, so that a run is short, and memory is held against the input's length.</returns>
    public static bool Run(Network network)
    {
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
