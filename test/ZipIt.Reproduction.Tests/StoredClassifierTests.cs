using System.Globalization;
using Reproduction.Data;
using Reproduction.Pairs;
using Reproduction.Training;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Reproduction.Tests;

/// <summary>The trained pairs that the tables of small networks are made of, on the quickstart's images.</summary>
public sealed class StoredClassifierTests
{
    private static readonly string[] Labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    [Theory]
    [InlineData(1, 2, 0.8)]
    [InlineData(2, 1, 0.84)]
    public void Load_StoredPair_KnowsItsClasses(int width, int pair, double least)
    {
        foreach (ZipClassifier classifier in LoadPair(width, pair))
        {
            ZipEvaluation evaluation = ZipEvaluation.Evaluate(
                classifier.Network, classifier.Tasks, Open("test", classifier.Labels).ToSource(), new CpuEngine());
            Assert.True(evaluation.JointAccuracy > least, string.Create(CultureInfo.InvariantCulture, $"{classifier}: {evaluation.JointAccuracy:P1}"));
        }
    }

    [Fact]
    public void Zip_WholeStoredPair_KeepsMostOfTheEnsemble()
    {
        ZipClassifier[] pair = LoadPair(1, 2);
        ClassificationTask[] tasks = [.. pair.SelectMany(classifier => classifier.Tasks)];
        string[] labels = [.. tasks.SelectMany(task => task.Labels)];
        IImageSource calibration = Open("calibration", labels).Take(100).ToSource(), test = Open("test", labels).Take(500).ToSource();
        double ensemble = Measure(new ZipOptions { Tasks = tasks, Cut = ZipCut.Nothing, ResetBatchNorm = false });
        double zipped = Measure(new ZipOptions { Tasks = tasks, Cut = ZipCut.Everything });
        Assert.True(zipped > ensemble - 0.1, $"The ensemble reaches {ensemble:P1}, the zip {zipped:P1}.");

        double Measure(ZipOptions options)
        {
            ZipResult result = new Zipper([.. pair.Select(classifier => new ZipMember(classifier.Name, classifier.Network))], options).Zip(calibration);
            return ZipEvaluation.Evaluate(result.Network, result.Tasks, test, new CpuEngine()).JointAccuracy;
        }
    }

    private static ZipClassifier[] LoadPair(int width, int pair)
    {
        string folder = Path.Combine(TestFiles.Root, "samples", "Reproduction", "classifiers");
        (int[] first, int[] second) = ClassSplit.Of(10, pair);
        var prototypes = new ClassPrototypes(TestFiles.LoadPrototypes(), RandomPrototypes.Scale);
        return [.. new[] { first, second }.Select((classes, task) => ZipClassifier.FromCheckpoint(
            $"{(char)('A' + task)}", Path.Combine(folder, $"cifar10-resnet20x{width}-prototypes-{pair}{(char)('a' + task)}.safetensors"),
            [.. classes.Select(number => Labels[number])], PrototypeSelection.Of(prototypes, classes), TestFiles.CifarNormalization))];
    }

    private static LabelledImages Open(string part, IReadOnlyList<string> labels)
    {
        string folder = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data", "images", part);
        (string Path, int Class)[] files = [.. labels.SelectMany((label, number) =>
            Directory.GetFiles(Path.Combine(folder, label)).Order(StringComparer.Ordinal).Select(path => (Path.GetRelativePath(folder, path), number)))];
        return new FileImages(labels, folder, [.. files.Select(file => file.Path)], [.. files.Select(file => file.Class)], new CentreCrop(32, 32));
    }
}
