using System.Text.Json;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Architectures;

/// <summary>Generators of SinGANs, against what PyTorch computes from <c>zoo/singan.pt</c>: every 97th value of two images.</summary>
public sealed class SinGanTests
{
    private const int InputSize = 24;
    private const int Step = 97;

    private static readonly StateDictionary Weights = Checkpoint.Load(TestFiles.InTestData("checkpoints/zoo/singan.pt"));

    [Fact]
    public void FromCheckpoint_Generator_ComputesWhatPyTorchDoes()
    {
        int size = InputSize - 2 * SinGan.Border(Weights);
        Network network = Architecture.FromCheckpoint(Weights, size);
        Assert.Equal([3, InputSize, InputSize], network.ShapeOf(network.Inputs[0]).ToArray());
        Assert.Equal([3, size, size], network.ShapeOf(network.Heads[0].Node).ToArray());
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 2, Threads = 1 });
        IEnumerable<long> values = Enumerable.Range(0, 2 * 3 * InputSize * InputSize).Select(i => ((long)i * i * 31 + i / 97 * 17) % 255);
        session.Run([.. values.Select(value => (value - 127) / 64f)], 2);
        float[] output = session.GetOutput(0).ToArray();

        using var file = JsonDocument.Parse(File.ReadAllText(TestFiles.InTestData("checkpoints/zoo/expected.json")));
        JsonElement rows = file.RootElement.GetProperty("singan.pt").GetProperty("output");
        int pixels = size * size;
        for (int image = 0; image < 2; image++)
        {
            double[] expected = [.. rows[image].EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal((3 * pixels + Step - 1) / Step, expected.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                (int channel, int pixel) = Math.DivRem(i * Step, pixels); // the engine's feature maps have channels last
                Assert.Equal(expected[i], output[(image * pixels + pixel) * 3 + channel], 1e-4);
            }
        }
    }

    [Fact]
    public void FromCheckpoint_TensorTooMany_IsNamed()
    {
        string message = Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(
            new StateDictionary("made.pt", Weights.ToDictionary().Append(new("body.block9.conv.weight", new Tensor(1, 1, 3, 3))).ToDictionary()))).Message;
        Assert.Contains("'body.block9.conv.weight'", message);
        Assert.Contains("SinGAN", message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void FromCheckpoint_NoSize_IsRefused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SinGan.FromCheckpoint(Weights, new Size2(size, 4)));

    [Fact]
    public void Border_OtherNetwork_IsRefused()
    {
        StateDictionary other = Checkpoint.Load(TestFiles.InTestData("checkpoints/zoo/densenet.pt"));
        Assert.Contains("SinGAN", Assert.Throws<InvalidDataException>(() => SinGan.Border(other)).Message);
    }
}
