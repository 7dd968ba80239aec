using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Which nodes of several networks correspond to each other. The networks are followed side by side from their inputs; a node's counterpart takes the
/// counterparts of its inputs and does the same to them. Where a node cannot be told from its siblings, equal names decide, then the order.
/// </summary>
internal sealed class NetworkAlignment
{
    private readonly Dictionary<Node, Node>[] _counterparts;

    /// <summary>Aligns networks with the first of them.</summary>
    /// <exception cref="ArgumentException">The inputs differ in shape.</exception>
    public NetworkAlignment(IReadOnlyList<ZipMember> members)
    {
        Members = members;
        _counterparts = new Dictionary<Node, Node>[members.Count];
        for (int m = 0; m < members.Count; m++)
            _counterparts[m] = Align(m);
    }

    public IReadOnlyList<ZipMember> Members { get; }

    /// <summary>The network that the others are aligned with.</summary>
    public Network Base => Members[0].Network;

    /// <summary>Whether a node of the first network has a counterpart in every other one.</summary>
    public bool IsAligned(Node node) => _counterparts.All(map => map.ContainsKey(node));

    /// <summary>The counterpart of an aligned node in one of the networks.</summary>
    public Node CounterpartOf(Node node, int member) => _counterparts[member][node];

    /// <summary>Number of features of each network in a space of the first one.</summary>
    public int[] WidthsOf(FeatureSpace space)
    {
        Node node = space.Nodes.First(IsAligned);
        return [.. Members.Select((member, m) => member.Network.ShapeOf(CounterpartOf(node, m))[0])];
    }

    /// <summary>Says in which member a node of the first network has no counterpart, or nothing that could be merged with it.</summary>
    public string Describe(Node node)
    {
        int member = Array.FindIndex(_counterparts, map => !map.ContainsKey(node));
        string name = Members[Math.Max(member, 0)].Name;
        return $"'{name}' has no counterpart of node '{node.Name}' ({node.Layer.Signature}) of '{Members[0].Name}'";
    }

    private Dictionary<Node, Node> Align(int member)
    {
        Network own = Base, other = Members[member].Network;
        if (!own.ShapeOf(own.Inputs[0]).SequenceEqual(other.ShapeOf(other.Inputs[0])))
        {
            throw new ArgumentException(
                $"'{Members[member].Name}' takes images of shape {Tensor.FormatShape(other.ShapeOf(other.Inputs[0]))}, " +
                $"'{Members[0].Name}' of {Tensor.FormatShape(own.ShapeOf(own.Inputs[0]))}; networks can only be merged if they take the same images.");
        }

        var counterparts = new Dictionary<Node, Node> { [own.Inputs[0]] = other.Inputs[0] };
        ILookup<string, Node> siblingsOf = own.Nodes.ToLookup(node => Key(node, node.Inputs));
        ILookup<string, Node> candidatesOf = other.Nodes.ToLookup(node => Key(node, node.Inputs));
        foreach (Node node in own.Nodes)
        {
            if (counterparts.ContainsKey(node) || !node.Inputs.All(counterparts.ContainsKey))
                continue;
            Node[] siblings = [.. siblingsOf[Key(node, node.Inputs)]];
            Node[] candidates = [.. candidatesOf[Key(node, node.Inputs.Select(input => counterparts[input]))]];
            bool namesDecide = siblings.Length != candidates.Length || siblings.All(sibling => candidates.Any(candidate => candidate.Name == sibling.Name));
            for (int i = 0; i < siblings.Length; i++)
            {
                Node? match = namesDecide ? candidates.FirstOrDefault(candidate => candidate.Name == siblings[i].Name) : candidates[i];
                if (match is not null)
                    counterparts[siblings[i]] = match;
            }
        }

        return counterparts;
    }

    /// <summary>What two nodes must have in common to be merged: their inputs, and everything that their layers do but for weights and widths.</summary>
    private static string Key(Node node, IEnumerable<Node> inputs) => $"{node.Layer.Signature} of {string.Join(", ", inputs.Select(input => input.Name))}";
}
