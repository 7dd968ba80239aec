using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Zipping;

/// <summary>Merging goes by what layers declare, and refuses those that do not.</summary>
public sealed class DeclarationTests
{
    [Fact]
    public void Zip_LayerThatDoesNotSayWhatItDoesToChannels_IsRefusedByName() => AssertRefused(new Silent());

    [Fact]
    public void Zip_LayerWhoseTensorBelongsToNoChannel_IsRefusedByName() => AssertRefused(new Weighted(new Tensor(5)));

    [Fact]
    public void Zip_SilentLayerAsFarAsPossible_EndsBeforeTheChannelsThatItTakes()
    {
        Network network = MakeNetwork(1, new Silent());
        var zipper = new Zipper([new("A", network), new("B", network)], new ZipOptions { Cut = ZipCut.AsFarAsPossible });
        Assert.Equal(["conv0", "input", "relu0"], zipper.Structure.Shared.Select(node => node.Name).Order());
    }

    private static void AssertRefused(Layer layer)
    {
        Network network = MakeNetwork(1, layer);
        FeatureSpaces spaces = FeatureSpaces.Find(network);
        Assert.Contains("'odd'", spaces[spaces.LayoutOf(network["relu"])[0].Space].Obstacle);
        Assert.Contains("'odd'", spaces[spaces.LayoutOf(network["odd"])[0].Space].Obstacle);

        string message = Assert.Throws<ArgumentException>(() => new Zipper([new("A", network), new("B", MakeNetwork(2, layer))])).Message;
        Assert.Contains($"{layer.Kind} 'odd'", message);
        Assert.Contains("Choose an earlier cut", message);
    }

    private static Network MakeNetwork(int seed, Layer odd)
    {
        var draw = new NetworkGenerator(seed);
        var stem = new Node("relu0", new ReLU(), new Node("conv0", draw.DrawConv(3, 4, 3), new Node("input", new Input(3, 8, 8))));
        var relu = new Node("relu", new ReLU(), new Node("conv", draw.DrawConv(4, 5, 3), stem));
        return new Network(new Head("output", new Node("last", draw.DrawConv(5, 2, 1), new Node("odd", odd, relu))));
    }

    private sealed record Silent : Activation
    {
        public override ChannelFlow Flow => ChannelFlow.Undeclared;

        public override string Signature => Kind;
    }

    private sealed record Weighted(Tensor Weight) : Activation
    {
        public override string Signature => Kind;

        public override IReadOnlyList<LayerParameter> Parameters => [new("weight", ParameterRole.Coefficient, Weight, ParameterAxis.None)];
    }
}
