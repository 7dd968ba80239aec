using System.Collections;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// The feature spaces of a network, derived from its graph: which axes of which weights must be permuted, merged and unmerged together. Nobody writes
/// such a table by hand.
/// </summary>
public sealed class FeatureSpaces : IReadOnlyList<FeatureSpace>
{
    private readonly FeatureSpace[] _spaces;
    private readonly Dictionary<Node, ChannelSegment[]> _layouts;

    private FeatureSpaces(Network network, FeatureSpace[] spaces, Dictionary<Node, ChannelSegment[]> layouts)
    {
        (Network, _spaces, _layouts) = (network, spaces, layouts);
    }

    /// <summary>The network that the spaces belong to.</summary>
    public Network Network { get; }

    /// <inheritdoc/>
    public int Count => _spaces.Length;

    /// <inheritdoc/>
    public FeatureSpace this[int index] => _spaces[index];

    /// <inheritdoc/>
    public IEnumerator<FeatureSpace> GetEnumerator() => ((IEnumerable<FeatureSpace>)_spaces).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Finds the feature spaces of a network.</summary>
    public static FeatureSpaces Find(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var finder = new Finder(network);
        return finder.Find();
    }

    /// <summary>The channels of a node's value, as consecutive segments of feature spaces.</summary>
    public ReadOnlySpan<ChannelSegment> LayoutOf(Node node) => _layouts[node];

    /// <summary>Whether a node's value consists of the channels of the image, which all models have in common.</summary>
    internal bool IsImage(Node node) => _layouts[node].All(segment => _spaces[segment.Space].IsInput);

    /// <summary>Walks the graph once, gives the channels of every layer that mixes them a class of their own, and unites classes that meet in a sum.</summary>
    private sealed class Finder(Network network)
    {
        private readonly List<int> _parent = [];
        private readonly List<int> _width = [];
        private readonly List<bool> _isInput = [];
        private readonly List<string?> _obstacle = [];
        private readonly Dictionary<Node, ChannelSegment[]> _layouts = [];

        public FeatureSpaces Find()
        {
            foreach (Node node in network.Nodes)
                _layouts[node] = Derive(node);

            FeatureSpace[] spaces = Number();
            foreach (Head head in network.Heads)
            {
                foreach (ChannelSegment segment in _layouts[head.Node])
                    spaces[segment.Space].IsOutput = true;
            }

            foreach (FeatureSpace space in spaces)
            {
                space.Nodes = [.. network.Nodes.Where(node => _layouts[node] is [{ } only] && only.Space == space.Index)];
                space.Readers = [.. network.Nodes.Where(node => node.Layer.MixesChannels
                    && _layouts[node.Inputs[0]].Any(segment => segment.Space == space.Index))];
            }

            return new FeatureSpaces(network, spaces, _layouts);
        }

        private ChannelSegment[] Derive(Node node)
        {
            ChannelSegment[][] inputs = [.. node.Inputs.Select(input => _layouts[input])];
            bool areTensorsDeclared = node.Layer.Parameters.All(parameter => parameter.OutputAxis is not null);
            switch (areTensorsDeclared ? node.Layer.Flow : ChannelFlow.Undeclared)
            {
                case ChannelFlow.Enter:
                    return [New(Width(node), isInput: true)];
                case ChannelFlow.Keep:
                    return inputs.Length == 1 ? inputs[0] : DeriveSum(node, inputs);
                case ChannelFlow.Mix:
                    return [New(Width(node))];
                case ChannelFlow.MixInGroups:
                    Block(inputs, $"{Describe(node)} does not let channels move between its groups.");
                    return [New(Width(node), obstacle: $"{Describe(node)} writes them in groups.")];
                case ChannelFlow.Couple:
                    Block(inputs, $"{Describe(node)} makes each of them depend on all.");
                    return inputs[0];
                case ChannelFlow.Concatenate:
                    return [.. inputs.SelectMany(segments => segments)];
                case ChannelFlow.Gather when inputs.All(IsImage):
                    return [New(Width(node), isInput: true)];
                case ChannelFlow.Gather:
                    return [New(Width(node), obstacle: $"{Describe(node)} copies them from other channels.")];
                case ChannelFlow.Flatten:
                    ReadOnlySpan<int> shape = network.ShapeOf(node.Inputs[0]);
                    int pixels = shape.Length == 3 ? shape[1] * shape[2] : 1;
                    return [.. inputs[0].Select(segment => segment with { Repeats = checked(segment.Repeats * pixels) })];
                default:
                    Block(inputs, $"{Describe(node)} does not say what it does to channels.");
                    return [New(Width(node), obstacle: $"{Describe(node)} does not say where they come from.")];
            }
        }

        private static string Describe(Node node) => $"The {node.Layer.Kind} '{node.Name}'";

        private int Width(Node node) => network.ShapeOf(node)[0];

        private ChannelSegment New(int width, bool isInput = false, string? obstacle = null)
        {
            _parent.Add(_parent.Count);
            _width.Add(width);
            _isInput.Add(isInput);
            _obstacle.Add(obstacle);
            return new ChannelSegment(_parent.Count - 1, width, 1);
        }

        private ChannelSegment[] DeriveSum(Node node, ChannelSegment[][] inputs)
        {
            // Channels of the image keep their meaning: what is added to them cannot be merged.
            ChannelSegment[][] images = [.. inputs.Where(IsImage)], features = [.. inputs.Where(input => !IsImage(input))];
            if (images.Length > 0 && features.Length > 0)
            {
                Block(features, $"{Describe(node)} joins channels of the image with them.");
            }

            ChannelSegment[][] alike = features.Length > 0 ? features : images;
            ChannelSegment[] sum = [.. alike[0]];
            for (int i = 1; i < alike.Length; i++)
                sum = UniteSums(node, sum, alike[i]);
            return sum;
        }

        private bool IsImage(ChannelSegment[] segments) => segments.All(segment => _isInput[Root(segment.Space)]);

        private ChannelSegment[] UniteSums(Node node, ChannelSegment[] first, ChannelSegment[] second)
        {
            bool alike = first.Length == second.Length
                && first.Zip(second).All(pair => pair.First.Channels == pair.Second.Channels && pair.First.Repeats == pair.Second.Repeats
                    && _isInput[Root(pair.First.Space)] == _isInput[Root(pair.Second.Space)]);
            if (!alike)
            {
                string obstacle = $"{Describe(node)} joins values that are concatenated differently.";
                Block(first, obstacle);
                Block(second, obstacle);
                return [New(first.Sum(segment => segment.Length), obstacle: obstacle)];
            }

            for (int i = 0; i < first.Length; i++)
            {
                int a = Root(first[i].Space), b = Root(second[i].Space);
                if (a == b)
                    continue;
                _parent[b] = a;
                _obstacle[a] ??= _obstacle[b];
            }

            return first;
        }

        private void Block(ChannelSegment[][] values, string obstacle)
        {
            foreach (ChannelSegment[] segments in values)
                Block(segments, obstacle);
        }

        private void Block(ChannelSegment[] segments, string obstacle)
        {
            foreach (ChannelSegment segment in segments)
                _obstacle[Root(segment.Space)] ??= obstacle;
        }

        private int Root(int item)
        {
            while (_parent[item] != item)
                item = _parent[item] = _parent[_parent[item]];
            return item;
        }

        /// <summary>Numbers the classes in the order in which the network meets them, and writes the numbers into the layouts.</summary>
        private FeatureSpace[] Number()
        {
            var spaces = new List<FeatureSpace>();
            var numbers = new Dictionary<int, int>();
            foreach (Node node in network.Nodes)
            {
                _layouts[node] = [.. _layouts[node].Select(segment => segment with { Space = NumberOf(Root(segment.Space)) })];
            }

            return [.. spaces];

            int NumberOf(int root)
            {
                if (!numbers.TryGetValue(root, out int number))
                {
                    number = spaces.Count;
                    numbers.Add(root, number);
                    spaces.Add(new FeatureSpace(number, _width[root], _isInput[root]) { Obstacle = _obstacle[root] });
                }

                return number;
            }
        }
    }
}
