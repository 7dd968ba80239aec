using System.Buffers.Binary;
using System.Globalization;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.DataSets;
using Reproduction.ImageNet;
using Reproduction.Training;
using SkiaSharp;

namespace ZipIt.Reproduction.Tests;

/// <summary>The tables over several data sets and of ImageNet, at toy scale, training included.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class DataSetCommandsTests : IDisposable
{
    private const int Classes = 10;
    private const int PerClass = 5;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SmallDataSets_Three_TrainsAndMeasuresPairsAndAll()
    {
        ToyImages.WriteCifar(Directory.CreateDirectory(In("cifar")).FullName, Classes, PerClass);
        WriteDigits("mnist");
        WriteDigits("fashion");
        Assert.Equal(0, SmallDataSetsCommand.Create().Parse(
            ["--cifar10", In("cifar"), "--fashion-mnist", In("fashion"), "--mnist", In("mnist"), "--depth", "8", "--epochs", "7", "--batch-size", "10",
                "--calibration-images", "6", "--test-images", "20", .. Output()]).Invoke());

        string[] files = [.. Directory.GetFiles(In("classifiers")).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["cifar10-resnet8x1-classes", "fashion-mnist-resnet8x1-classes", "mnist-resnet8x1-classes"], files);
        string text = File.ReadAllText(In("results/small-datasets.md"));
        Assert.Contains("pairs", text);
        Assert.Contains("all together", text);
        Assert.Contains("over 3 pairs", text);

        // Side by side, each classifier is as good as alone, in every pair and with all.
        string[] pairs = ReadRow("small-datasets-1.csv", "ensemble"), all = ReadRow("small-datasets-2.csv", "ensemble");
        Assert.Equal("2.00×", pairs[1]);
        Assert.Equal("3.00×", all[1]);
        Assert.Equal(pairs[^4..^1], all[^4..^1]);
        Assert.True(double.Parse(pairs[^4], CultureInfo.InvariantCulture) > 25, pairs[^4]); // CIFAR-10; 10 % by guessing
        foreach (string row in (string[])["weight averaging", "permute", "ZipIt! 7/8", "select and refit 7/8"])
            Assert.Equal(("1.00×", "1.00×"), (ReadRow("small-datasets-1.csv", row)[1], ReadRow("small-datasets-2.csv", row)[1]));
        Assert.Equal("1.59×", ReadRow("small-datasets-1.csv", "ZipIt! 3/8")[1]);
    }

    [Fact]
    public void SmallDataSets_FashionLeftOut_IsNotReadFromItsUsualPlace()
    {
        ToyImages.WriteCifar(Directory.CreateDirectory(In("cifar")).FullName, Classes, PerClass);
        Assert.Equal(1, SmallDataSetsCommand.Create().Parse(["--cifar10", In("cifar"), "--fashion-mnist", "", "--epochs", "1", .. Output()]).Invoke());
        Assert.False(Directory.Exists(In("classifiers"))); // one data set alone: nothing is trained
    }

    [Fact]
    public void DataSets_TwoBirdFolders_WritesTheTable()
    {
        WriteBirds("cub");
        WriteBirds("nabirds");
        Assert.Equal(0, DataSetsCommand.Create().Parse(
            ["--cub", In("cub"), "--nabirds", In("nabirds"), "--depth", "8", "--image-size", "32", "--epochs", "8", "--batch-size", "5",
                "--calibration-images", "6", .. Output()]).Invoke());
        string text = File.ReadAllText(In("results/datasets.md"));
        Assert.Contains("Scaled down: ResNet-8 instead of ResNet-50, 2 data sets instead of four.", text);
        Assert.Contains("cub %", text);
        Assert.Equal("2.00×", ReadRow("datasets-1.csv", "ensemble")[1]);
        Assert.False(File.Exists(In("results/datasets-2.csv")));
        Assert.True(File.Exists(In("results/datasets.html")));
    }

    [Fact]
    public void DataSets_OneFolder_IsNotEnough()
    {
        WriteBirds("cub");
        Assert.Equal(1, DataSetsCommand.Create().Parse(["--cub", In("cub"), "--depth", "8", "--image-size", "32", .. Output()]).Invoke());
    }

    [Fact]
    public void ImageNet_Folder_TrainsAndMeasures()
    {
        for (int number = 0; number < 4; number++)
        {
            for (int image = 0; image < 2 * PerClass; image++)
            {
                string part = image % 2 == 0 ? "train" : "val";
                DrawnImages.Write(In($"images/{part}/n0000000{number}/{image}.JPEG"), 40 + image, 50, ColourOf(number));
            }
        }

        Assert.Equal(0, ImageNetCommand.Create().Parse(
            [In("images"), "--depth", "8", "--image-size", "32", "--sets", "2", "--classes", "2", "--epochs", "8", "--batch-size", "5",
                "--calibration-images", "6", .. Output()]).Invoke());
        Assert.Equal(2, Directory.GetFiles(In("classifiers")).Length);
        string text = File.ReadAllText(In("results/imagenet.md"));
        Assert.Contains("memory: ", text);
        Assert.Contains("20 training and 20 test images of 4 classes, 32 pixels", text);
        Assert.True(double.Parse(ReadRow("imagenet-1.csv", "ensemble")[3], CultureInfo.InvariantCulture) > 60); // 50 % by guessing
    }

    [Fact]
    public void ImageNet_RandomWeights_NeedsNoFolder()
    {
        Assert.Equal(0, ImageNetCommand.Create().Parse(
            ["--random-weights", "--depth", "8", "--image-size", "32", "--sets", "3", "--classes", "4", "--pairs", "1", "--calibration-images", "8",
                "--test-images", "8", .. Output()]).Invoke());
        Assert.False(Directory.Exists(In("classifiers")));
        string text = File.ReadAllText(In("results/imagenet.md"));
        Assert.Contains("random weights", text);
        Assert.Contains("1 of 3 classifiers of 4 classes", text);
        Assert.Equal(1, ImageNetCommand.Create().Parse([.. Output()]).Invoke()); // neither a folder nor random weights
    }

    [Fact]
    public void ImageNet_ListsThatDoNotFit_AreNamed()
    {
        var images = new MadeUpImages(classes: 6, perClass: 2, size: 32, seed: 1);
        var settings = new ExperimentSettings(new ClassifierStore(In("classifiers"), new TrainingSettings()), In("results"));
        var table = new ImageNetTable(new DataSet("made-up", images, images), new ResNetChoice(8), settings) { HasRandomWeights = true, ClassLists = _folder };
        string Run<TError>()
            where TError : Exception => Assert.Throws<TError>(() => table.Run(sets: 2, classes: 2, pairs: 1, command: "")).Message;

        File.WriteAllLines(In("made-up-resnet8x1-classes-1.txt"), ["class0003", "class0001"]);
        Assert.Contains("made-up-resnet8x1-classes-2.txt", Run<FileNotFoundException>());
        File.WriteAllLines(In("made-up-resnet8x1-classes-2.txt"), ["class0000", "class0003"]);
        Assert.Contains("'class0003' is in the lists of two classifiers", Run<InvalidDataException>());
        File.WriteAllLines(In("made-up-resnet8x1-classes-2.txt"), ["class0000"]);
        Assert.Contains("made-up-resnet8x1-classes-2.txt': expected at least two", Run<InvalidDataException>());
    }

    [Fact]
    public void MadeUpImages_Image_IsTheSameEveryTime()
    {
        var images = new MadeUpImages(classes: 3, perClass: 2, size: 16, seed: 1);
        float[][] read = [.. new[] { 0, 0, 3, 1 }.Select(image =>
        {
            var pixels = new float[images.Length];
            images.Read(image, pixels);
            return pixels;
        })];
        Assert.Equal(read[0], read[1]);
        Assert.NotEqual(read[0], read[2]); // of the same class
        Assert.All(read[3], value => Assert.InRange(value, 0, 255));
    }

    [Fact]
    public void ReadClasses_List_GivesNumbersInItsOrder()
    {
        File.WriteAllLines(In("list.txt"), ["n03", "", "n01"]);
        Assert.Equal([2, 0], ClassSets.Read(In("list.txt"), ["n01", "n02", "n03"]));
        File.WriteAllLines(In("list.txt"), ["n03", "n04"]);
        Assert.Contains("list.txt', line 2: there is no class 'n04'", Refuse());
        File.WriteAllLines(In("list.txt"), ["n03", "n03"]);
        Assert.Contains("line 2: 'n03' is there a second time", Refuse());

        string Refuse() => Assert.Throws<InvalidDataException>(() => ClassSets.Read(In("list.txt"), ["n01", "n02", "n03"])).Message;
    }

    [Fact]
    public void DrawClasses_Sets_AreDisjointAndTheSame()
    {
        int[][] sets = ClassSets.Draw(1000, 5, 200);
        Assert.Equal(1000, sets.SelectMany(set => set).Distinct().Count());
        Assert.Equal(sets, ClassSets.Draw(1000, 5, 200));
        Assert.Throws<ArgumentException>(() => ClassSets.Draw(999, 5, 200));
    }

    [Theory]
    [InlineData(50, "49/50", "37/50", "22/50", "10/50")]
    [InlineData(18, "17/18", "13/18", "9/18", "5/18")]
    [InlineData(20, "19/20", "13/20", "7/20")]
    public void ListCuts_Depth_AreThoseOfThePaper(int depth, params string[] expected) =>
        Assert.Equal(expected, new ResNetChoice(depth).ListCuts().Select(cut => cut.Name));

    private string In(string name) => Path.Combine(_folder, name);

    private string[] Output() => ["--classifiers", In("classifiers"), "--output", In("results")];

    private string[] ReadRow(string file, string name) =>
        File.ReadAllLines(In($"results/{file}")).Select(line => line.Split(',')).First(cells => cells[0] == name);

    private static SKColor ColourOf(int number) => new((byte)(250 - 60 * (number % 4)), (byte)(20 + 40 * (number % 5)), 0);

    /// <summary>A bar in another place for each class.</summary>
    private void WriteDigits(string folder)
    {
        Directory.CreateDirectory(In(folder));
        const int Count = Classes * PerClass, Size = 28;
        var pixels = new byte[Count * Size * Size];
        var labels = new byte[Count];
        for (int image = 0; image < Count; image++)
        {
            labels[image] = (byte)(image / PerClass);
            for (int i = 0; i < Size * Size; i++)
            {
                int place = folder == "mnist" ? i % Size : i / Size;
                pixels[image * Size * Size + i] = (byte)(place / 3 == labels[image] % 9 && (labels[image] < 9 || i % 2 == 0) ? 200 + image % 7 : image % 11);
            }
        }

        Write("t10k-images-idx3-ubyte", [Count, Size, Size], pixels);
        Write("t10k-labels-idx1-ubyte", [Count], labels);

        void Write(string name, int[] shape, byte[] values)
        {
            var head = new byte[4 + 4 * shape.Length];
            (head[2], head[3]) = (8, (byte)shape.Length);
            for (int i = 0; i < shape.Length; i++)
                BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4 + 4 * i), shape[i]);
            File.WriteAllBytes(Path.Combine(In(folder), name), [.. head, .. values]);
        }
    }

    private void WriteBirds(string folder)
    {
        const int Birds = 3;
        string[] paths = [.. Enumerable.Range(0, Birds * 2 * PerClass).Select(image => $"{image % Birds + 1:D3}.Bird_{image % Birds}/{image}.jpg")];
        for (int image = 0; image < paths.Length; image++)
            DrawnImages.Write(In($"{folder}/images/{paths[image]}"), 30 + image, 40, ColourOf(image % Birds));
        File.WriteAllLines(In($"{folder}/classes.txt"), [.. Enumerable.Range(0, Birds).Select(number => $"{number + 1} Bird_{number}")]);
        File.WriteAllLines(In($"{folder}/images.txt"), [.. paths.Select((path, i) => $"{i} {path}")]);
        File.WriteAllLines(In($"{folder}/image_class_labels.txt"), [.. paths.Select((_, i) => $"{i} {i % Birds + 1}")]);
        File.WriteAllLines(In($"{folder}/train_test_split.txt"), [.. paths.Select((_, i) => $"{i} {(i < Birds * PerClass ? 1 : 0)}")]);
    }
}
