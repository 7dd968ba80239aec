using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void ToCheckpoint_SafeTensors_HoldsWeightsTasksAndNormalization()
    {
        string path = Path.Combine(_folder.FullName, "zipped.safetensors");
        Samples.Zipped.ToCheckpoint(path);

        StateDictionary read = Checkpoint.Load(path);

        Assert.Equal(((Conv2d)Samples.Zipped.Network["conv1"].Layer).Weight.Span, read["conv1.weight"].Span);
        Assert.Equal("""[{"output":"animals","labels":["bird","cat","dog"]},{"output":"vehicles","labels":["car","ship"]}]""", read.Metadata["zipit.tasks"]);
        Assert.Contains("scale", read.Metadata[StateDictionary.NormalizationKey]);
        Assert.DoesNotContain("normalization.scale", read.Keys);
    }

    [Fact]
    public void ToCheckpoint_TorchSharp_HoldsTheSameWeights()
    {
        string path = Path.Combine(_folder.FullName, "zipped.dat");
        Samples.Zipped.ToCheckpoint(path);

        StateDictionary expected = StateDictionary.FromNetwork(Samples.Zipped.Network), read = TorchSharpFile.Load(path);

        Assert.Equal(expected.Keys, read.Keys);
        Assert.All(expected, pair => Assert.Equal(pair.Value.Span, read[pair.Key].Span));
    }

    [Fact]
    public void ToCheckpoint_OtherExtension_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Samples.Zipped.ToCheckpoint(Path.Combine(_folder.FullName, "zipped.pt")));
}
