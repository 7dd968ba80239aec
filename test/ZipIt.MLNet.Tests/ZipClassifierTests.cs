using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

public sealed class ZipClassifierTests : IDisposable
{
    private static readonly string[] Five = ["airplane", "bird", "deer", "frog", "ship"];

    private readonly string _folder = Directory.CreateTempSubdirectory("classifier").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FromCheckpoint_ClassScores_ReadsNetworkAndTask()
    {
        ZipClassifier classifier = ZipClassifier.FromCheckpoint("a", TestFiles.ClassModel('a'), Five, normalization: TestFiles.CifarNormalization);

        Assert.Equal("a", classifier.Network.Heads.Single().Name);
        Assert.Equal(Five, classifier.Labels);
        Assert.Equal([3, 32, 32], classifier.Network.ShapeOf(classifier.Network.Inputs[0]).ToArray());
        Assert.Contains(classifier.Network.Nodes, node => node.Layer is ChannelAffine);
    }

    [Fact]
    public void FromCheckpoint_WrongNumberOfLabels_NamesTheFile()
    {
        string path = TestFiles.ClassModel('a');

        Assert.Contains(path, Assert.Throws<ArgumentException>(() => ZipClassifier.FromCheckpoint("a", path, ["one", "two"])).Message);
    }

    [Fact]
    public void FromCheckpoint_PrototypesOfWrongLength_NamesTheFile()
    {
        string path = TestFiles.PrototypeModel('a');
        var prototypes = new ClassPrototypes(Samples.RandomTensor(1, 5, 100), 30);

        Assert.Contains(path, Assert.Throws<ArgumentException>(() => ZipClassifier.FromCheckpoint("a", path, Five, prototypes)).Message);
    }

    [Fact]
    public void FromCheckpoint_TruncatedFile_NamesTheFile()
    {
        string path = Path.Combine(_folder, "cut.pt");
        File.WriteAllBytes(path, File.ReadAllBytes(TestFiles.ClassModel('a'))[..100_000]);

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ZipClassifier.FromCheckpoint("a", path, Five)).Message);
    }

    [Fact]
    public void FromCheckpoint_MissingFile_Throws() =>
        Assert.Throws<FileNotFoundException>(() => ZipClassifier.FromCheckpoint("a", Path.Combine(_folder, "none.pt"), Five));

    [Fact]
    public void FromNetwork_Normalization_ComesFirst()
    {
        ChannelAffine normalization = ChannelAffine.FromNormalization([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
        ZipClassifier classifier = ZipClassifier.FromNetwork("a", Samples.Tiny(1, 2), ["x", "y"], normalization: normalization);

        Node first = classifier.Network.Nodes.Single(node => node.Inputs.Any(input => input.Layer is Input));
        Assert.Same(normalization, first.Layer);
        Assert.Equal("normalization", first.Name);
    }

    [Fact]
    public void FromNetwork_NormalizationOfOtherChannels_IsRefused()
    {
        ChannelAffine normalization = ChannelAffine.FromNormalization([0.5], [0.5]);

        Assert.Throws<ArgumentException>(() => ZipClassifier.FromNetwork("a", Samples.Tiny(1, 2), ["x", "y"], normalization: normalization));
    }

    [Fact]
    public void FromNetwork_TasksThatDoNotFit_AreRefused()
    {
        Network network = new(new Head("one", Samples.Tiny(1, 2).Heads[0].Node));

        Assert.Throws<ArgumentException>(() => ZipClassifier.FromNetwork("a", network, [ClassificationTask.FromScores("two", ["x", "y"])]));
        Assert.Throws<ArgumentException>(() => ZipClassifier.FromNetwork("a", network, [ClassificationTask.FromScores("one", ["x", "y", "z"])]));
        Assert.Equal("one", ZipClassifier.FromNetwork("a", network, [ClassificationTask.FromScores("one", ["x", "y"])]).Tasks.Single().Name);
    }

    [Fact]
    public void LoadPrototypes_Rows_AreSelectedInOrder()
    {
        string path = Path.Combine(_folder, "prototypes.safetensors");
        Tensor stored = Samples.RandomTensor(1, 4, 3);
        SafeTensors.Save(path, [KeyValuePair.Create("prototypes", stored)]);

        ClassPrototypes prototypes = ClassPrototypes.Load(path, 30, rows: [3, 0]);

        Assert.Equal([.. stored.Slice(3, 1).Span, .. stored.Slice(0, 1).Span], prototypes.Vectors.Span.ToArray());
        Assert.Contains(path, Assert.Throws<ArgumentOutOfRangeException>(() => ClassPrototypes.Load(path, 30, rows: [4])).Message);
        Assert.Contains("'other'", Assert.Throws<InvalidDataException>(() => ClassPrototypes.Load(path, 30, tensorName: "other")).Message);
    }
}
