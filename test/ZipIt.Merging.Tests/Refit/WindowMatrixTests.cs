using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>A design matrix of windows against the same rows as im2col has them.</summary>
public sealed class WindowMatrixTests
{
    private const int Images = 5;

    /// <summary>Extent of the feature map, pixels that are wanted, and which shortcut comes to the convolution.</summary>
    public static TheoryData<int, int, string> Windows
    {
        get
        {
            var problems = new TheoryData<int, int, string>();
            foreach (string shortcut in (string[])["none", "1x1 stride 2", "3x3 stride 2", "3x3 stride 1"])
            {
                problems.Add(8, 20, shortcut);
                problems.Add(7, 49, shortcut);
                problems.Add(14, 40, shortcut);
            }

            return problems;
        }
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void AddGram_AnyWindow_IsThatOfPatches(int extent, int samples, string shortcut)
    {
        using var problem = new Problem(extent, samples, false, shortcut);
        var expected = new SymmetricTiles(problem.Layout.Columns);
        var actual = new SymmetricTiles(problem.Layout.Columns);

        problem.Patches.AddGram(expected, 1);
        problem.Windows.AddGram(actual, 2);

        for (int row = 0; row < expected.Size; row++)
        {
            for (int column = 0; column <= row; column++)
                Assert.Equal(expected[row, column], actual[row, column], 1e-6 * (100 + Math.Abs(expected[row, column])));
        }
    }

    [Theory]
    [MemberData(nameof(Windows))]
    [InlineData(9, 12, "none", true)]
    [InlineData(9, 12, "1x1 stride 2", true)]
    [InlineData(9, 12, "3x3 stride 2", true)]
    public void AddProduct_AnyWindow_IsThatOfPatches(int extent, int samples, string shortcut, bool isWhole = false)
    {
        using var problem = new Problem(extent, samples, isWhole, shortcut);
        float[] residuals = problem.Draw.DrawValues(problem.Windows.Rows * Problem.Outputs);
        var expected = new double[PanelMatrix.CountPanels(problem.Layout.Columns) * PanelMatrix.Width * PanelMatrix.Width];
        var actual = new double[expected.Length];
        using var memory = new GrowingBuffer(problem.Pool);

        problem.Patches.AddProduct(residuals, Problem.Outputs, expected, memory, 1);
        problem.Windows.AddProduct(residuals, Problem.Outputs, actual, memory, 2);

        for (int i = 0; i < problem.Layout.Columns * PanelMatrix.Width; i++)
            Assert.Equal(expected[i], actual[i], 1e-3);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    [InlineData(9, 12, "none", true)]
    [InlineData(9, 12, "1x1 stride 2", true)]
    [InlineData(9, 12, "3x3 stride 2", true)]
    public void Multiply_AnyWindow_IsThatOfPatches(int extent, int samples, string shortcut, bool isWhole = false)
    {
        using var problem = new Problem(extent, samples, isWhole, shortcut);
        var weights = new DesignWeights(
            new Matrix(Problem.Outputs, problem.Layout.Columns, [.. problem.Draw.DrawValues(Problem.Outputs * problem.Layout.Columns).Select(w => w / 10.0)]),
            problem.Layout, 1);
        var expected = new float[problem.Windows.Rows * Problem.Outputs];
        var actual = new float[expected.Length];

        problem.Patches.Multiply(weights, expected, 1);
        problem.Windows.Multiply(weights, actual, 2);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Theory]
    [InlineData(32, 20, 4, 8)]
    [InlineData(8, 20, 4, 8)]
    [InlineData(8, 64, 8, 8)]
    [InlineData(7, 40, 7, 7)]
    [InlineData(14, 40, 4, 12)]
    [InlineData(14, 60, 8, 8)]
    [InlineData(56, 130, 12, 12)]
    [InlineData(16, 250, 16, 16)]
    [InlineData(56, 12, 4, 4)]
    public void Of_Pixels_AreCoveredByWholeTiles(int extent, int pixels, int height, int width)
    {
        SampleWindow window = SampleWindow.Of(pixels, extent, extent);

        Assert.Equal((height, width), (window.Height, window.Width));
        Assert.True(height * width >= pixels);
    }

    [Fact]
    public void OriginOf_ManyImages_ReachesTheWholeMapAndStaysInside()
    {
        SampleWindow window = SampleWindow.Of(20, 16, 16);
        (int Y, int X)[] origins = [.. Enumerable.Range(0, 2000).Select(window.OriginOf)];

        Assert.All(origins, origin => Assert.True(origin.Y is >= 0 and <= 12 && origin.X is >= 0 and <= 8));
        Assert.Equal(13 * 9, origins.Distinct().Count());
    }

    private sealed class Problem : IDisposable
    {
        public const int Outputs = 32;

        private const int Channels = 32;

        public Problem(int extent, int samples, bool isWhole, string shortcut)
        {
            Draw = new NetworkGenerator(extent + samples);
            var image = new Node("image", new Input(Channels, extent, extent));
            var large = new Node("large", new Input(Channels, 2 * extent, 2 * extent));
            var conv = new Node("conv", Draw.DrawConv(Channels, Outputs, 3, 1, 1), image);
            Node? other = shortcut switch
            {
                "1x1 stride 2" => new Node("other", Draw.DrawConv(Channels, Outputs, 1, 2), large),
                "3x3 stride 2" => new Node("other", Draw.DrawConv(Channels, Outputs, 3, 2, 1), large),
                "3x3 stride 1" => new Node("other", Draw.DrawConv(Channels, Outputs, 3, 1, 1), image),
                _ => null,
            };
            Node end = other is null ? conv : new Node("sum", new Add(), conv, other);
            var network = new Network(new Head("map", end));
            UnitLayer[] layers = other is null ? [new UnitLayer(conv)] : [new UnitLayer(conv), new UnitLayer(other)];
            int unknowns = layers.Sum(layer => Channels * ((Conv2d)layer.Node.Layer).Kernel.Height * ((Conv2d)layer.Node.Layer).Kernel.Width);
            var options = new RefitOptions { SamplesPerUnknown = 1 };
            Layout = new SampleLayout(network, new RefitUnit(end, layers, [], null), options, unknowns / samples);
            SampleWindow window = (isWhole ? Layout.WholeWindow : Layout.Window)!;
            Windows = new WindowMatrix(Layout, window, Images, !isWhole, Pool);
            Patches = new PatchMatrix(Layout, 0, Images, isWhole, Pool);
            foreach (int place in Enumerable.Range(0, Images))
            {
                for (int l = 0; l < layers.Length; l++)
                {
                    float[] map = Draw.DrawValues(Layout.ColumnsOf(0)[l].InputLength);
                    Windows.Write(place, 7 * place, l, map);
                    Patches.Write(place, 7 * place, l, map);
                }
            }
        }

        public BufferPool Pool { get; } = new();

        public NetworkGenerator Draw { get; }

        public SampleLayout Layout { get; }

        public WindowMatrix Windows { get; }

        public PatchMatrix Patches { get; }

        public void Dispose() => Pool.Dispose();
    }
}
