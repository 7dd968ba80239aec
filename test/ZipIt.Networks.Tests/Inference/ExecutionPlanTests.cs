using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

public class ExecutionPlanTests
{
    [Fact]
    public void Build_ResidualNetwork_FusesAllButPoolingAndTheLastLayer()
    {
        Step[] steps = [.. Build(ResNet.Random(1, ResNetLayout.Cifar(20), 32)).Waves.SelectMany(wave => wave)];
        Assert.Equal(21 + 1, steps.Count(step => step is ConvolutionStep or WinogradStep)); // 19 + 2 in shortcuts, and the fully connected layer
        Assert.Single(steps.OfType<InputStep>());
        Assert.Single(steps.OfType<GlobalPoolStep>());
        Assert.Equal(24, steps.Length);
    }

    [Fact]
    public void Build_SmallNetwork_LetsThreadsTakeChunks() => Assert.InRange(Build(ResNet.Random(1, ResNetLayout.Cifar(20), 32)).ChunkSize, 1, 16);

    [Fact]
    public void Build_LargeNetwork_LetsThreadsShareSteps() => Assert.Equal(0, Build(ResNet.Random(1, ResNetLayout.Cifar(20, 4), 32)).ChunkSize);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Build_RandomNetwork_KeepsValuesApartThatLiveTogether(int seed)
    {
        ExecutionPlan plan = Build(new NetworkGenerator(seed).DrawNetwork(30));
        PlannedValue[] values = [.. plan.Waves.SelectMany(wave => wave).Select(step => step.Output).Where(value => !value.IsKept)];
        Assert.All(values, value => Assert.InRange(value.Offset + value.ImageSize, 0, plan.PassingSize));
        for (int i = 0; i < values.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                (PlannedValue a, PlannedValue b) = (values[i], values[j]);
                bool meet = a.FirstWave <= b.LastWave && b.FirstWave <= a.LastWave;
                bool apart = a.Offset + a.ImageSize <= b.Offset || b.Offset + b.ImageSize <= a.Offset;
                Assert.True(apart || !meet, $"Values {i} and {j} overlap.");
            }
        }
    }

    private static ExecutionPlan Build(Network network) => PlanBuilder.Build(network, new SessionOptions(), KernelSet.Best);
}
