using ZipIt.TestFramework;

namespace ZipIt.Numerics.Tests;

/// <summary>Convolutions of windows and gradients of their weights against plain loops in double precision, for vectors of every width.</summary>
public sealed class WinogradFiltersTests
{
    private const int Inputs = 32, Outputs = 64, Windows = 3, MapHeight = 9, MapWidth = 10;

    /// <summary>Kernels, and height and width of the windows; whole tiles or cut ones.</summary>
    public static TheoryData<int, int, int> Cases()
    {
        var data = new TheoryData<int, int, int>();
        for (int kernels = 0; kernels < KernelSet.Supported.Count; kernels++)
        {
            data.Add(kernels, 4, 8);
            data.Add(kernels, 7, 5);
            data.Add(kernels, MapHeight, MapWidth);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AnyWindow_IsTheConvolution(int kernels, int height, int width)
    {
        (float[][] maps, WinogradTiles tiles) = Draw(kernels, height, width);
        var weights = new Matrix(Outputs, 9 * Inputs + 2, [.. new NetworkGenerator(2).DrawValues(Outputs * (9 * Inputs + 2), 0.1).Select(w => (double)w)]);
        var result = new float[Windows * height * width * Outputs];
        Array.Fill(result, 1);

        var filters = new WinogradFilters(weights, 1, Inputs, 9 * Inputs + 1, 2, KernelSet.Supported[kernels]);
        filters.Multiply(tiles, result, adds: true, threads: 2);

        int place = 0;
        foreach ((int window, int y, int x) in Pixels(height, width))
        {
            for (int o = 0; o < Outputs; o++, place++)
            {
                double expected = 1 + weights[o, 9 * Inputs + 1];
                for (int tap = 0; tap < 9; tap++)
                {
                    for (int c = 0; c < Inputs; c++)
                        expected += weights[o, 1 + tap * Inputs + c] * At(maps[window], window + y + tap / 3 - 1, x + tap % 3 - 1, c);
                }

                Assert.Equal(expected, result[place], 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AddGradients_AnyWindow_AreSumsOfProducts(int kernels, int height, int width)
    {
        (float[][] maps, WinogradTiles tiles) = Draw(kernels, height, width);
        float[] residuals = new NetworkGenerator(3).DrawValues(Windows * height * width * Outputs);
        var outputs = new WinogradTiles(
            Windows, height, width, Outputs, AlignedBuffer.Uninitialized(WinogradTiles.SizeOf(Windows, height, width, Outputs)), KernelSet.Supported[kernels]);
        for (int window = 0; window < Windows; window++)
            outputs.SetOutputs(window, residuals.AsSpan(window * height * width * Outputs, height * width * Outputs));
        const int Width = PanelMatrix.Width, Panels = Outputs / Width;
        var product = new double[9 * Inputs * Outputs];
        Array.Fill(product, 2);

        WinogradFilters.AddGradients(tiles, outputs, product, 2, KernelSet.Supported[kernels]);

        for (int tap = 0; tap < 9; tap++)
        {
            for (int c = 0; c < Inputs; c += 5)
            {
                for (int o = 0; o < Outputs; o += 3)
                {
                    double expected = 2;
                    int row = 0;
                    foreach ((int window, int y, int x) in Pixels(height, width))
                        expected += At(maps[window], window + y + tap / 3 - 1, x + tap % 3 - 1, c) * residuals[row++ * Outputs + o];
                    Assert.Equal(expected, product[((tap * Panels + o / Width) * Width + c) * Width + o % Width], 1e-3);
                }
            }
        }
    }

    [Fact]
    public void Constructor_ChannelsThatFillNoPanel_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WinogradTiles(1, 4, 4, 33, AlignedBuffer.Zeros(36 * 64)));

    /// <summary>Random maps; window number i begins in row i, so that some pixels lie outside.</summary>
    private static (float[][] Maps, WinogradTiles Tiles) Draw(int kernels, int height, int width)
    {
        var draw = new NetworkGenerator(height);
        var tiles = new WinogradTiles(
            Windows, height, width, Inputs, AlignedBuffer.Uninitialized(WinogradTiles.SizeOf(Windows, height, width, Inputs)), KernelSet.Supported[kernels]);
        float[][] maps = [.. Enumerable.Range(0, Windows).Select(_ => draw.DrawValues(MapHeight * MapWidth * Inputs))];
        for (int window = 0; window < Windows; window++)
            tiles.SetInputs(window, maps[window], MapWidth, window, 0);
        return (maps, tiles);
    }

    private static IEnumerable<(int Window, int Y, int X)> Pixels(int height, int width) =>
        from window in Enumerable.Range(0, Windows)
        from y in Enumerable.Range(0, height)
        from x in Enumerable.Range(0, width)
        select (window, y, x);

    private static double At(float[] map, int y, int x, int channel) =>
        (uint)y < MapHeight && (uint)x < MapWidth ? map[(y * MapWidth + x) * Inputs + channel] : 0;
}
