using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>Networks without normalization beside networks with it.</summary>
public sealed class BatchNormFoldingTests
{
    [Fact]
    public void Fold_ResNet_KeepsOutputsAndLeavesNoNormalization()
    {
        Network network = Reference.PrototypeMembers[0].Network;
        Network folded = BatchNormFolding.Fold(network);

        float[] expected = Reference.Run(network), actual = Reference.Run(folded);
        Assert.DoesNotContain(folded.Nodes, node => node.Layer is BatchNorm2d);
        Assert.True(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() < 1e-3);
    }

    [Fact]
    public void Zip_RefittedNetworkWithPlainOne_SharesThem()
    {
        ZipMember plain = Reference.PrototypeMembers[0];
        var refitted = new ZipMember("refitted", BatchNormFolding.Fold(Reference.PrototypeMembers[1].Network));

        var zipper = new Zipper([plain, refitted], new ZipOptions { Cut = ZipCut.Everything });

        Assert.Equal(13, zipper.MergedSpaces.Count);
        Assert.All(zipper.Members, member => Assert.DoesNotContain(member.Network.Nodes, node => node.Layer is BatchNorm2d));
    }
}
