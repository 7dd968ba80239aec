using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What a node of a zipped network stands for: its value approximates Σ rowsₘ·(value of a member's own node) over the sources.
/// </summary>
internal sealed record NodeOrigin(IReadOnlyList<NodeOrigin.Source> Sources)
{
    /// <summary>A member's node, and for each channel of the zipped node the member's channels that it is made of; null rows are the identity.</summary>
    public sealed record Source(int Member, Node Node, SparseRows? Rows);

    /// <summary>Whether the node stands for one node of one member, channel by channel.</summary>
    public bool IsCopy => Sources is [{ Rows: null }];

    /// <summary>A node that stands for one of a member, unmerged.</summary>
    public static NodeOrigin Of(int member, Node node) => new([new Source(member, node, null)]);
}
