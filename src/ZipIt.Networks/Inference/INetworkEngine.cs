namespace ZipIt.Networks;

/// <summary>Runs networks. An engine holds no state between sessions and may be used from many threads.</summary>
public interface INetworkEngine
{
    /// <summary>Plans a network once, so that the session can run it many times.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="options">What the session must be able to do; null for the defaults.</param>
    /// <exception cref="NotSupportedException">The engine lacks a layer of the network; the message names all such nodes.</exception>
    /// <exception cref="ArgumentException">The network costs more than <see cref="SessionOptions.Limits"/> allow; the message names the node that takes
    /// most.</exception>
    /// <exception cref="KeyNotFoundException">A tap names no node of the network.</exception>
    INetworkSession CreateSession(Network network, SessionOptions? options = null);
}
