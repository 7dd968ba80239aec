using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Inputs;

/// <summary>Images as commands take them: folders, lists, CIFAR files.</summary>
public sealed class ImageSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_FolderPerClass_GivesLabelsInOrder()
    {
        SampleData.CopyImages(_folder, "test", 2);
        ImageSet images = ImageSet.Open(_folder, "test", isLabelled: true);
        Assert.Equal(20, images.Count);
        Assert.Equal(["airplane", "airplane", "automobile"], Enumerable.Range(0, 3).Select(images.LabelOf));
        Assert.Equal(["automobile", "dog", "ship"], images.Take(3).Labels());
    }

    [Fact]
    public void Open_FlatFolder_IsEnoughWithoutLabels()
    {
        File.Copy(SampleData.Image("frog"), Path.Combine(_folder, "a.png"));
        Assert.Equal(1, ImageSet.Open(_folder, "calibration", isLabelled: false).Count);
        Assert.Contains("folders named after their classes", Assert.Throws<InvalidDataException>(() => ImageSet.Open(_folder, "test", isLabelled: true)).Message);
    }

    [Theory]
    [InlineData("list.csv", "\"{0}\",frog\n{1},\"a \"\"cat\"\", black\"\n", "frog", "a \"cat\", black")]
    [InlineData("list.csv", "label,path\nfrog,{0}\ncat,{1}\n", "frog", "cat")]
    [InlineData("list.tsv", "ImagePath\tLabel\r\n{0}\tfrog\r\n\r\n{1}\tcat\r\n", "frog", "cat")]
    [InlineData("list.txt", "{0}\tfrog\n{1}\tcat", "frog", "cat")]
    public void Open_List_GivesPathsAndLabels(string name, string text, params string[] labels)
    {
        File.Copy(SampleData.Image("frog"), Path.Combine(_folder, "a.png"));
        string list = Path.Combine(_folder, name);
        File.WriteAllText(list, string.Format(text, "a.png", SampleData.Image("cat")));
        ImageSet images = ImageSet.Open(list, "test", isLabelled: true);
        Assert.Equal(labels, images.Labels());
        Assert.All(Enumerable.Range(0, 2), i => Assert.True(File.Exists(images.NameOf(i))));
    }

    [Theory]
    [InlineData("a.png\n", "line 1", "no label")]
    [InlineData("path,label\na.png,frog\n,cat\n", "line 3", "no path")]
    [InlineData("a.png,frog\nb.png,cat\n", "line 2", "b.png")]
    [InlineData("\"a.png,frog\n", "line 1", "quotation mark")]
    [InlineData("path,label\n", "names no images", "list.csv")]
    public void Open_ListWithAMistake_NamesTheLine(string text, string place, string problem)
    {
        File.Copy(SampleData.Image("frog"), Path.Combine(_folder, "a.png"));
        string list = Path.Combine(_folder, "list.csv");
        File.WriteAllText(list, text);
        string message = Assert.ThrowsAny<Exception>(() => ImageSet.Open(list, "test", isLabelled: true)).Message;
        Assert.Contains(list, message);
        Assert.Contains(place, message);
        Assert.Contains(problem, message);
    }

    [Fact]
    public void Open_CifarFile_GivesRecordsAndRefusesOtherSizes()
    {
        string path = Path.Combine(_folder, "cifar.bin");
        File.WriteAllBytes(path, [6, .. new byte[3072], 3, .. Enumerable.Repeat((byte)9, 3072)]);
        ImageSet images = ImageSet.Open(path, "test", isLabelled: true);
        Assert.Equal(["frog", "cat"], images.Labels());
        Assert.Equal(9, images.PixelsOf(1)[0]);
        Assert.Contains("3×32×32", Assert.Throws<InvalidDataException>(() => images.CheckSize([3, 64, 64])).Message);
    }

    [Fact]
    public void Read_BrokenImageAmongGoodOnes_NamesItsFile()
    {
        string images = SampleData.CopyImages(_folder, "test", 2), broken = Path.Combine(images, "frog", "0013.png");
        File.WriteAllText(broken, "no image");
        var session = new ToolSession(TextWriter.Null, TextWriter.Null, default);
        var source = new PixelSource(ImageSet.Open(images, "test", isLabelled: true), session.CreateContext(), [3, 32, 32], default);

        var failure = Assert.Throws<InvalidOperationException>(() => source.ReadBatches(4).Count());

        Assert.Contains(broken, failure.Message);
    }
}
