using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary><see cref="ZipCut.AfterNode"/>.</summary>
internal sealed record AfterNodeCut(string Name) : ZipCut
{
    private const int NamedNodes = 8;

    public override string ToString() => $"after {Name}";

    internal override HashSet<Node> Select(FeatureSpaces spaces)
    {
        Network network = spaces.Network;
        if (network.Contains(Name))
            return WithFollowers(network, [.. network.Nodes.Take(network.IndexOf(Name) + 1)]);
        string some = string.Join(", ", network.Nodes.Take(NamedNodes).Select(node => $"'{node.Name}'"));
        throw new ArgumentException($"The cut names a node '{Name}', which the first network lacks; it has for instance {some}.");
    }
}
