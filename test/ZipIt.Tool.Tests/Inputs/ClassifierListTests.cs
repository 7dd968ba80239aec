using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TestFramework;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Inputs;

/// <summary>What <c>models.json</c> may say, and what is said of mistakes in it.</summary>
public sealed class ClassifierListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_NormalizationOf0To1AndImageSize_AreTaken()
    {
        ZipClassifier classifier = Load("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"imageSize":40,"normalization":{"mean":[0.5,0.4,0.3],"deviation":[0.2,0.2,0.2]}}""");
        Assert.Equal([3, 40, 40], classifier.Network.ShapeOf(classifier.Network.Inputs[0]).ToArray());
        Assert.True(classifier.Network.Contains("normalization"));
    }

    [Fact]
    public void Load_Architecture_IsTaken()
    {
        ZipClassifier classifier = Load("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"architecture":{"activation":"leaky-relu(0.1)","stemPooling":true,"epsilon":1e-3}}""");
        Assert.Contains(classifier.Network.Nodes, node => node.Layer is LeakyReLU { NegativeSlope: 0.1f });
        Assert.Contains(classifier.Network.Nodes, node => node.Layer is MaxPool2d);
        Assert.Contains(classifier.Network.Nodes, node => node.Layer is BatchNorm2d { Epsilon: 1e-3f });
    }

    [Theory]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"architecture":{"activation":"relo"}}""", "did you mean 'relu'?")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"architecture":{"stem":7}}""", "an architecture has no key 'stem'")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"architecture":{"stageStrides":[1,2]}}""", "StageStrides")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1",null,"3","4","5"]}""", "label 2 of 5 is null")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"normalization":{"mean":[125.3,123.0,113.9],"deviation":[51.6,50.8,51.3]}}""", "divided by 255")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"normalization":{"mean":[0.5,0.5,0.5],"deviation":[51.6,50.8,51.3]}}""", "deviation")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"normalization":{"mean":[0.5,0.5,0.5]}}""", "'deviation'")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"normalization":{"mean":[0.5,0.5,0.5],"std":[0.2,0.2,0.2]}}""", "std")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2","3","4","5"],"entry":"ema"}""", "'ema'")]
    [InlineData("""{"task":"a","file":"a.pt","labels":["1","2"]}""", "a.pt")]
    public void Load_Mistake_IsNamed(string entry, string problem)
    {
        string message = Assert.Throws<InvalidDataException>(() => Load(entry)).Message;
        Assert.Contains(problem, message);
    }

    private ZipClassifier Load(string entry)
    {
        File.Copy(TestFiles.InTestData("checkpoints/wild/option-a.pt"), Path.Combine(_folder, "a.pt"));
        File.WriteAllText(Path.Combine(_folder, "models.json"), $"{{\"classifiers\":[{entry}]}}");
        return ClassifierList.Load(_folder).Single();
    }
}
