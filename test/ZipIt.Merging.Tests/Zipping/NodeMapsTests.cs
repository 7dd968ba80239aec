using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Zipping;

public sealed class NodeMapsTests
{
    private readonly Node _flat;
    private readonly FeatureSpaces _spaces;
    private readonly NodeMaps _maps;

    /// <summary>
    /// Two convolutions of 2 and 1 channels, concatenated and flattened to 2 pixels each; of two members, the first space becomes 3 features and the second 1.
    /// </summary>
    public NodeMapsTests()
    {
        var draw = new NetworkGenerator(1);
        var input = new Node("input", new Input(3, 1, 2));
        Node first = new("first", draw.DrawConv(3, 2, 1), input), second = new("second", draw.DrawConv(3, 1, 1), input);
        _flat = new Node("flat", new Flatten(), new Node("concat", new Concat(), first, second));
        _spaces = FeatureSpaces.Find(new Network(new Head("output", new Node("linear", draw.DrawLinear(6, 2), _flat))));
        _maps = NodeMaps.Of(_spaces, new Dictionary<int, FeatureMap>
        {
            [_spaces.LayoutOf(first)[0].Space] = FeatureMap.FromGroups([2, 2], [[0, 3], [1], [2]]),
            [_spaces.LayoutOf(second)[0].Space] = FeatureMap.FromGroups([1, 1], [[0, 1]]),
        });
    }

    [Fact]
    public void MergeOf_FlattenedConcatenation_TakesAMembersOwnFeaturesPixelByPixel()
    {
        SparseRows rows = _maps.MergeOf(_flat, 1);

        Assert.Equal((8, 6), (rows.Length, rows.Columns));
        Assert.Equal(["2:0.5", "3:0.5", "", "", "0:1", "1:1", "4:0.5", "5:0.5"], Describe(rows)); // its features 0 and 1 are the sources 2 and 3 of the first space
    }

    [Fact]
    public void UnmergeOf_FlattenedConcatenation_GivesAMembersOwnFeaturesPixelByPixel()
    {
        SparseRows rows = _maps.UnmergeOf(_flat, 1);

        Assert.Equal((6, 8), (rows.Length, rows.Columns));
        Assert.Equal(["4:1", "5:1", "0:1", "1:1", "6:1", "7:1"], Describe(rows));
        Assert.Equal([4, 5, 0, 1, 6, 7], rows.FindCopies()!);
    }

    [Fact]
    public void MergeOf_SpaceWithoutAMap_NamesTheSpace()
    {
        var none = NodeMaps.Of(_spaces, new Dictionary<int, FeatureMap>());
        Assert.Contains("'first'", Assert.Throws<ArgumentException>(() => none.MergeOf(_flat, 0)).Message);
    }

    private static IEnumerable<string> Describe(SparseRows rows) =>
        Enumerable.Range(0, rows.Length)
            .Select(row => string.Join(" ", rows[row].ToArray().Select(entry => FormattableString.Invariant($"{entry.Index}:{entry.Weight}"))));
}
