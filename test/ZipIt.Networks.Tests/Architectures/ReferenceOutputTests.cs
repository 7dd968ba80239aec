using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Architectures;

/// <summary>Whole trained networks against the outputs that PyTorch computed for them.</summary>
public sealed class ReferenceOutputTests
{
    private const double Tolerance = 1e-3;

    [Theory]
    [InlineData('a', "outA64m")]
    [InlineData('b', "outB64m")]
    public void CpuEngine_TrainedNetwork_GivesTheReferenceOutputs(char task, string expected) =>
        AssertOutputs(new CpuEngine(), TestFiles.LoadPrototypeNetwork(task), expected, 64);

    [Fact]
    public void NaiveEngine_TrainedNetwork_GivesTheReferenceOutputs() => AssertOutputs(new NaiveEngine(), TestFiles.LoadPrototypeNetwork('a'), "outA64m", 4);

    [Fact]
    public void CpuEngine_RestoredNetwork_GivesTheReferenceOutputs()
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(TestFiles.LoadPrototypeNetwork('b'), stream);
        stream.Position = 0;
        AssertOutputs(new CpuEngine(), NetworkFile.Load(stream, "memory"), "outB64m", 64);
    }

    private static void AssertOutputs(INetworkEngine engine, Network network, string expected, int count)
    {
        StateDictionary reference = TestFiles.LoadReference("networks");
        using INetworkSession session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = count });
        session.Run(reference["x64m"].Slice(0, count).Span, count);
        float[] found = session.GetOutput(0).ToArray();
        float[] outputs = reference[expected].Slice(0, count).Span.ToArray();

        Assert.Equal(outputs.Length, found.Length);
        Assert.InRange(outputs.Zip(found, (one, other) => Math.Abs((double)one - other)).Max(), 0, Tolerance);
    }
}
