using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>The usual engine, which remembers the networks that it was given.</summary>
internal sealed class RecordingEngine : INetworkEngine
{
    public List<Network> Networks { get; } = [];

    public INetworkSession CreateSession(Network network, SessionOptions? options = null)
    {
        Networks.Add(network);
        return new CpuEngine().CreateSession(network, options);
    }
}
