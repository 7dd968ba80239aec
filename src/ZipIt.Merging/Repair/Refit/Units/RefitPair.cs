using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Two units of which the second alone reads what the first gives, as inside a residual block: what lies between them need not be what the members have there,
/// as long as the second unit's value is right.
/// </summary>
/// <param name="First">One convolution with its activation.</param>
/// <param name="Second">The unit that reads it.</param>
/// <param name="Hidden">The first unit's value after the activation: the input of one of the second unit's layers.</param>
internal sealed record RefitPair(RefitUnit First, RefitUnit Second, Node Hidden)
{
    /// <summary>Which of the second unit's layers reads the hidden features.</summary>
    public int ReaderIndex { get; } = Second.Layers.ToList().FindIndex(layer => ReferenceEquals(layer.Input, Hidden));

    /// <summary>Finds all pairs of a network.</summary>
    /// <param name="network">The zipped network.</param>
    /// <param name="units">Its units.</param>
    /// <param name="readouts">Nodes that hand features to the heads (<see cref="DeepHeads"/>); heads are fitted afterwards, to what the pair has
    /// become.</param>
    /// <returns>The pairs by their second unit.</returns>
    public static Dictionary<RefitUnit, RefitPair> Find(Network network, IEnumerable<RefitUnit> units, IReadOnlySet<Node>? readouts = null)
    {
        Node[][] consumers = [.. network.FindConsumers().Select(nodes => nodes.Where(node => readouts?.Contains(node) != true).ToArray())];
        HashSet<Node> heads = [.. network.Heads.Select(head => head.Node)];
        RefitUnit[] all = [.. units];
        var pairs = new Dictionary<RefitUnit, RefitPair>();
        foreach (RefitUnit first in all)
        {
            if (first is not { Others.Count: 0, Layers: [{ IsDenseConvolution: true }] } || !ActivationTarget.IsLinearInPieces(first.Activation))
                continue;
            Node hidden = consumers[network.IndexOf(first.Target)][0];
            if (heads.Contains(hidden) || consumers[network.IndexOf(hidden)] is not [Node reader])
                continue;
            RefitUnit? second = all.FirstOrDefault(unit => unit.Layers.Any(layer => layer.IsDenseConvolution && ReferenceEquals(layer.Node, reader)));
            if (second is not null && !heads.Contains(second.Target))
                pairs.TryAdd(second, new RefitPair(first, second, hidden));
        }

        return pairs;
    }
}
