using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>One of the networks that are zipped.</summary>
public sealed class ZipMember
{
    /// <summary>Names a network.</summary>
    /// <param name="name">Name, unique among the members. A network with one output gives the zipped network's output this name.</param>
    /// <param name="network">The network; it may be a zipped one.</param>
    /// <exception cref="ArgumentException">The name is empty, or the network does not have exactly one input.</exception>
    public ZipMember(string name, Network network)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(network);
        if (network.Inputs.Count != 1)
            throw new ArgumentException($"Expected a network with one input, found {network.Inputs.Count} in '{name}'.", nameof(network));
        (Name, Network) = (name, network);
    }

    /// <summary>Name, unique among the members.</summary>
    public string Name { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Name that an output of the network has in the zipped one: the member's, or its own if the network has several outputs.</summary>
    internal string NameOf(Head head) => Network.Heads.Count == 1 ? Name : head.Name;
}
