using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>One of the networks that are zipped.</summary>
public sealed class ZipMember
{
    private readonly double _weight = 1;

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

    /// <summary>
    /// How much the member counts where its features are averaged with others', relative to the other members; it does not change which features are merged.
    /// Default 1: every member counts alike, one that was zipped before too, however many tasks it serves. Give such a member its number of tasks to let every
    /// task count alike.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not a positive number.</exception>
    public double Weight
    {
        get => _weight;
        init => _weight = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Weight), value, "Expected a positive number.");
    }

    /// <summary>Name that an output of the network has in the zipped one: the member's, or its own if the network has several outputs.</summary>
    internal string NameOf(Head head) => Network.Heads.Count == 1 ? Name : head.Name;
}
