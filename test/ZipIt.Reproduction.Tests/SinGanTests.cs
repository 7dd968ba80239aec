using Reproduction.SinGan;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.Reproduction.Tests;

/// <summary>SinGANs with small random generators.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class SinGanTests : IDisposable
{
    private const int Scales = 3;
    private const int Width = 4;

    private static readonly Size2[] Sizes = [new(10, 12), new(13, 15), new(16, 19)];

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Zip_GeneratorWithItself_GeneratesTheSameImage(int layers)
    {
        Pyramid pyramid = Pyramid.Load(Write("a", seed: 1));
        var zipped = new ZippedPyramids(pyramid, pyramid, calibrationImages: 4);
        IReadOnlyList<Network> networks = zipped.Zip(layers, new ZipOptions { CalibrationCheck = CalibrationCheck.Skip });

        Tensor alone = zipped.GenerateAlone(0, seed: 5);
        for (int member = 0; member < 2; member++)
        {
            Tensor image = zipped.Generate(networks, member, seed: 5);
            Assert.Equal([3, Sizes[^1].Height, Sizes[^1].Width], image.Shape.ToArray());
            Assert.True(Largest(alone, image) < 1e-4, $"{Largest(alone, image)}");
        }

        Assert.True(Largest(alone, zipped.GenerateAlone(0, seed: 6)) > 0.01); // other noise, another image
    }

    [Fact]
    public void Zip_TwoGenerators_SharesLayersAndKeepsBothOutputs()
    {
        Pyramid first = Pyramid.Load(Write("a", seed: 1)), second = Pyramid.Load(Write("b", seed: 2));
        var zipped = new ZippedPyramids(first, second, calibrationImages: 4);
        IReadOnlyList<Network> networks = zipped.Zip(2, new ZipOptions { CalibrationCheck = CalibrationCheck.Skip });

        Assert.Equal(Scales, networks.Count);
        Assert.All(networks, network => Assert.Equal(["a", "b"], network.Heads.Select(head => head.Name)));
        long apart = 2 * NetworkCost.Of(first.CreateNetwork(0, Sizes[0])).MultiplyAdds;
        Assert.True(NetworkCost.Of(networks[0]).MultiplyAdds < 0.8 * apart);
        Assert.True(Largest(zipped.Generate(networks, 0, 5), zipped.Generate(networks, 1, 5)) > 0.01);
    }

    [Fact]
    public void Run_TwoFolders_WritesTheFigureAndItsReport()
    {
        new SinGanFigure(Write("a", seed: 1), Write("b", seed: 2), _folder, images: 1, calibrationImages: 2).Run("again");
        using var figure = SkiaSharp.SKBitmap.Decode(Path.Combine(_folder, "singan.png"));
        Assert.True(figure.Width > 2 * Sizes[^1].Width && figure.Height > 5 * Sizes[^1].Height);
        Assert.Contains("](singan.png)", File.ReadAllText(Path.Combine(_folder, "singan.md")), StringComparison.Ordinal);
        Assert.Contains("<img src=\"data:image/png;base64,", File.ReadAllText(Path.Combine(_folder, "singan.html")), StringComparison.Ordinal);
        Assert.StartsWith("layers zipped of 4,\"difference, a\"", File.ReadAllText(Path.Combine(_folder, "singan-1.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoGenerators_SaysWhatIsMissing() =>
        Assert.Contains("netG-0.pth", Assert.Throws<FileNotFoundException>(() => Pyramid.Load(_folder)).Message);

    [Fact]
    public void Load_ImagesOfFewerScales_NamesTheFile()
    {
        string folder = Write("a", seed: 1);
        SaveList(Path.Combine(folder, "reals.pth"), [.. Sizes[..2].Select(size => new Tensor(1, 3, size.Height, size.Width))]);
        Assert.Contains("reals.pth", Assert.Throws<InvalidDataException>(() => Pyramid.Load(folder)).Message);
    }

    /// <summary>Cubic convolution gives back what is linear, away from the edges.</summary>
    [Fact]
    public void Enlarge_Slope_StaysASlope()
    {
        var image = new Tensor(1, 8, 9);
        for (int i = 0; i < image.Length; i++)
            image.Span[i] = 0.5f * (i / 9) - 0.25f * (i % 9);
        const double Factor = 1.25;
        Tensor enlarged = CubicEnlargement.Apply(image, Factor, new Size2(10, 11));
        for (int y = 3; y < 7; y++)
        {
            for (int x = 3; x < 8; x++)
                Assert.Equal(0.5 * ((y + 0.5) / Factor - 0.5) - 0.25 * ((x + 0.5) / Factor - 0.5), enlarged.Span[y * 11 + x], 1e-5);
        }
    }

    private static double Largest(Tensor a, Tensor b) => Enumerable.Range(0, a.Length).Max(i => Math.Abs(a.Span[i] - b.Span[i]));

    /// <summary>The files of a SinGAN; what is in them counts, not their extension.</summary>
    private string Write(string name, int seed)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        var random = new Random(seed);
        for (int scale = 0; scale < Scales; scale++)
        {
            var tensors = new Dictionary<string, Tensor>();
            int inputs = 3;
            foreach (string block in (string[])["head", "body.block1", "body.block2"])
            {
                tensors[$"{block}.conv.weight"] = Draw(random, 0.3, Width, inputs, 3, 3);
                tensors[$"{block}.conv.bias"] = Draw(random, 0.1, Width);
                tensors[$"{block}.norm.weight"] = Draw(random, 1, Width);
                tensors[$"{block}.norm.bias"] = Draw(random, 0.1, Width);
                tensors[$"{block}.norm.running_mean"] = Draw(random, 0.1, Width);
                tensors[$"{block}.norm.running_var"] = Draw(random, 0, Width);
                tensors[$"{block}.norm.running_var"].Span.Fill(1);
                inputs = Width;
            }

            tensors["tail.0.weight"] = Draw(random, 0.2, 3, Width, 3, 3);
            tensors["tail.0.bias"] = Draw(random, 0.1, 3);
            Save(Path.Combine(folder, $"netG-{scale}.pth"), tensors);
        }

        SaveList(Path.Combine(folder, "NoiseAmp.pth"), [.. Enumerable.Range(0, Scales).Select(scale => Fill(scale == 0 ? 1 : 0.1f))]);
        SaveList(Path.Combine(folder, "reals.pth"), [.. Sizes.Select(size => Draw(random, 0.5, 1, 3, size.Height, size.Width))]);
        return folder;
    }

    private static void SaveList(string path, Tensor[] tensors) =>
        Save(path, tensors.Select((tensor, i) => (tensor, i)).ToDictionary(pair => $"{pair.i}", pair => pair.tensor));

    private static void Save(string path, Dictionary<string, Tensor> tensors)
    {
        Checkpoint.Save(path + ".safetensors", new StateDictionary(path, tensors));
        File.Move(path + ".safetensors", path, overwrite: true);
    }

    private static Tensor Fill(float value)
    {
        var tensor = new Tensor(1);
        tensor.Span[0] = value;
        return tensor;
    }

    private static Tensor Draw(Random random, double scale, params int[] shape)
    {
        var tensor = new Tensor(shape);
        foreach (ref float value in tensor.Span)
            value = (float)(scale * (2 * random.NextDouble() - 1));
        return tensor;
    }
}
