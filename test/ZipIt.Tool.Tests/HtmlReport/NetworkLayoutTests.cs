using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class NetworkLayoutTests
{
    [Fact]
    public void Of_ZipUpToACut_HasATrunkAndALaneForEachTask()
    {
        NetworkLayout layout = Lay(SampleReports.Zip(ZipCut.AfterLayers(5), null, "a", "b"));
        Assert.Equal(5, layout.LastShared);
        Assert.Equal([1, 2, 3, 4, 5], ColumnsOf(layout, bar => bar.Lane.IsTrunk));
        Assert.Equal([6, 7, 8], ColumnsOf(layout, bar => bar.Lane.Owner == 0));
        Assert.Equal([6, 7, 8], ColumnsOf(layout, bar => bar.Lane.Owner == 1));
        Assert.Equal(3, layout.CountOwnLayers("a"));
        Assert.Equal(2, layout.Joints.Count);
        Assert.All(layout.Joints, joint => Assert.True(joint.From.Lane.IsTrunk));
    }

    [Fact]
    public void Of_BottleneckBlocks_HasShortcutsAsideAndAnArcForEachBlock()
    {
        Network network = ResNet.Random(1, new ResNetLayout { BlockCounts = [2, 2], Bottleneck = true, StemChannels = 4, Outputs = 3 }, new Size2(16, 16));
        NetworkLayout layout = NetworkLayout.Of(network, []);
        Assert.Equal(1 + 1 + 4 * 3 + 1, layout.ColumnCount);
        Assert.Equal(["layer1.0.shortcut.0", "layer2.0.shortcut.0"],
            layout.Bars.Where(bar => bar.Aside > 0).Select(bar => bar.Node.Name.Replace("downsample", "shortcut", StringComparison.Ordinal)));
        Assert.Equal([(1, 4), (4, 7), (7, 10), (10, 13)], layout.Arcs.Select(arc => (arc.Start, arc.End)));
    }

    [Fact]
    public void Of_LateStart_HasAStemForEachMemberInFrontOfTheTrunk()
    {
        NetworkLayout layout = Lay(SampleReports.Zip(ZipCut.AfterLayers(7), ZipCut.AfterLayers(3), "a", "b"));
        int firstShared = ColumnsOf(layout, bar => bar.Lane.IsTrunk).Min();
        Assert.Contains(layout.Bars, bar => bar.Lane.Owner == 0 && bar.Column < firstShared);
        Assert.Contains(layout.Bars, bar => bar.Lane.Owner == 1 && bar.Column < firstShared);
        Assert.Equal(2, layout.Joints.Count(joint => joint.To.Lane.IsTrunk && joint.To.First == firstShared));
        Assert.NotEqual(layout.Runs.First(run => run.Lane.Owner == 0).Lane.Middle, layout.Runs.First(run => run.Lane.Owner == 1).Lane.Middle);
    }

    [Fact]
    public void Of_NothingShared_HasNoTrunk()
    {
        NetworkLayout layout = Lay(SampleReports.Zip(ZipCut.Nothing, null, "a", "b", "c"));
        Assert.Equal(0, layout.LastShared);
        Assert.Equal([0.5, 1.5, 2.5], layout.Bars.Select(bar => bar.Lane.Middle).Distinct().Order());
    }

    [Fact]
    public void Of_ZipOfAZip_HasALaneForWhatSomeTasksShare()
    {
        ZipResult inner = SampleReports.Zip(ZipCut.AfterLayers(7), null, "a", "b");
        ZipResult outer = SampleReports.Zip([new ZipMember("ab", inner.Network), new ZipMember("c", SampleReports.CreateNetwork(9))], ZipCut.AfterLayers(3));
        NetworkLayout layout = Lay(outer);
        NetworkLayout.Lane shared = Assert.Single(layout.Bars.Select(bar => bar.Lane).Distinct(), lane => lane is { Owner: null, IsTrunk: false });
        Assert.Equal(1, shared.Middle);
        Assert.Equal(4, layout.Bars.Select(bar => bar.Lane).Distinct().Count(lane => !lane.IsTrunk));
        Assert.Equal(2, layout.Joints.Count(joint => joint.From.Lane == shared));
    }

    [Fact]
    public void Resolutions_Stages_EachHaveTheirSize()
    {
        NetworkLayout layout = Lay(SampleReports.Zip(ZipCut.AfterLayers(5), null, "a", "b"));
        Assert.Equal([("16×16", 1, 3), ("8×8", 4, 5), ("4×4", 6, 7), ("", 8, 8)], layout.Resolutions.Select(one => (one.Size, one.First, one.Last)));
    }

    private static NetworkLayout Lay(ZipResult zip) => NetworkLayout.Of(zip.Network, zip.Report.Members);

    private static IEnumerable<int> ColumnsOf(NetworkLayout layout, Func<NetworkLayout.Bar, bool> isWanted) =>
        layout.Bars.Where(bar => bar.Aside == 0 && isWanted(bar)).Select(bar => bar.Column).Order();
}
