using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Lets members that normalize images differently share the normalization of the first one (ours). What a member wants is own = scale·shared + shift for each
/// channel, and the convolution that reads it takes that in. Only where it pads, the zeros stand for other pixels than in the member: a refit absorbs that.
/// </summary>
internal static class SharedNormalization
{
    /// <summary>
    /// Members that can be compared from the image on: if they normalize differently, each does it in one layer, even if it had several or none. They compute
    /// what they computed before.
    /// </summary>
    public static IReadOnlyList<ZipMember> Unify(IReadOnlyList<ZipMember> members)
    {
        Node[][] chains = [.. members.Select(member => FindChain(member.Network))];
        if (chains.All(chain => IsSame(chain, chains[0])) || chains.All(chain => chain.Length == 1))
            return members;
        return [.. members.Select((member, m) => new ZipMember(member.Name, WithOneLayer(member.Network, chains[m])) { Weight = member.Weight })];
    }

    /// <summary>A member's convolution of its own normalization, as one of the shared normalization.</summary>
    /// <param name="reader">The convolution.</param>
    /// <param name="own">What the member does to the image before it.</param>
    /// <param name="shared">What is done to the image instead; no factor is 0.</param>
    public static Conv2d TakeIn(Conv2d reader, ChannelAffine own, ChannelAffine shared)
    {
        Tensor weight = reader.Weight.Clone();
        int outputs = weight[0], inputs = weight[1], taps = weight[2] * weight[3];
        var bias = new Tensor(outputs);
        for (int o = 0; o < outputs; o++)
        {
            double sum = reader.Bias?.Span[o] ?? 0;
            for (int i = 0; i < inputs; i++)
            {
                (double ownScale, double ownShift) = own.GetAffine(i);
                (double sharedScale, double sharedShift) = shared.GetAffine(i);
                double scale = ownScale / sharedScale, shift = ownShift - scale * sharedShift;
                foreach (ref float value in weight.Span.Slice((o * inputs + i) * taps, taps))
                {
                    sum += shift * value;
                    value = (float)(scale * value);
                }
            }

            bias.Span[o] = (float)sum;
        }

        return reader.With(weight, bias);
    }

    /// <summary>The layers of one factor and one summand per channel that alone read the image, one behind the other.</summary>
    private static Node[] FindChain(Network network)
    {
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        HashSet<Node> outputs = [.. network.Heads.Select(head => head.Node)];
        var chain = new List<Node>();
        for (Node node = network.Inputs[0]; !outputs.Contains(node) && consumers[network.IndexOf(node)] is [{ Layer: ChannelAffine } next]; node = next)
            chain.Add(next);
        return [.. chain];
    }

    private static bool IsSame(Node[] first, Node[] second) =>
        first.Length == second.Length && first.Zip(second).All(pair => pair.First.Layer.ComputesSameAs(pair.Second.Layer));

    private static Network WithOneLayer(Network network, Node[] chain)
    {
        var rewriter = new NetworkRewriter(network);
        if (chain.Length == 0)
        {
            rewriter.InsertBehind(network.Inputs[0], rewriter.FindFreeName("normalization"), Compose(chain, ((Input)network.Inputs[0].Layer).Channels));
            return rewriter.ToNetwork();
        }

        rewriter.Replace(chain[0], Compose(chain, ((ChannelAffine)chain[0].Layer).Channels));
        foreach (Node node in chain[1..])
            rewriter.Remove(node);
        return rewriter.ToNetwork();
    }

    private static ChannelAffine Compose(Node[] chain, int channels)
    {
        var scales = new Tensor(channels);
        var shifts = new Tensor(channels);
        for (int c = 0; c < channels; c++)
        {
            (double scale, double shift) = (1, 0);
            foreach (Node node in chain)
            {
                (double factor, double summand) = ((ChannelAffine)node.Layer).GetAffine(c);
                (scale, shift) = (factor * scale, factor * shift + summand);
            }

            (scales.Span[c], shifts.Span[c]) = ((float)scale, (float)shift);
        }

        return new ChannelAffine(scales, shifts);
    }
}
