using Reproduction.Data;
using SkiaSharp;

namespace ZipIt.Reproduction.Tests;

/// <summary>Data sets of image files, in tiny folders laid out as the published ones.</summary>
public sealed class PublishedFoldersTests : IDisposable
{
    private static readonly CentreCrop Crop = new(18, 16);

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void StanfordDogs_PublishedLayout_IsRead(bool isCompressed, bool isWide)
    {
        WriteDogs(isCompressed, isWide);
        DataSet set = StanfordDogs.Load(_folder, Crop);
        Assert.Equal("dogs", set.Name);
        Assert.Equal(["Chihuahua", "black-and-tan_coonhound"], set.Labels);
        Assert.Equal([0, 0, 1], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal([1, 0], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
        AssertRed(set.Training, 2, 30);
    }

    [Fact]
    public void StanfordDogs_ListsInTheirFolder_AreFound()
    {
        WriteDogs();
        Directory.CreateDirectory(Path.Combine(_folder, "lists"));
        foreach (string list in (string[])["train_list.mat", "test_list.mat"])
            File.Move(Path.Combine(_folder, list), Path.Combine(_folder, "lists", list));
        Assert.Equal(3, StanfordDogs.Load(_folder, Crop).Training.Count);
    }

    [Fact]
    public void StanfordDogs_ImageMissing_NamesListAndEntry()
    {
        WriteDogs();
        File.Delete(Path.Combine(_folder, "Images/n02085620-Chihuahua/n02085620_2.jpg"));
        ExpectError<FileNotFoundException>(() => StanfordDogs.Load(_folder, Crop), "train_list.mat', entry 2", "n02085620_2.jpg");
    }

    [Theory]
    [InlineData("../../secret.jpg", 3.0, "leads out of the folder")]
    [InlineData("n02085620-Chihuahua/n02085620_1.jpg", 0.0, "expected the number of a class, found 0")]
    [InlineData("n02085620-Chihuahua/n02085620_1.jpg", 1.5, "expected the number of a class, found 1.5")]
    [InlineData("n02085620_1.jpg", 1.0, "in the folder of its breed")]
    public void StanfordDogs_WrongEntry_IsNamed(string file, double label, string expected)
    {
        WriteDogs();
        MatWriter.Write(Path.Combine(_folder, "test_list.mat"), [file], [label], isCompressed: true);
        ExpectError<InvalidDataException>(() => StanfordDogs.Load(_folder, Crop), "test_list.mat', entry 1", expected);
    }

    [Fact]
    public void StanfordDogs_OneClassInTwoFolders_IsRefused()
    {
        WriteDogs();
        MatWriter.Write(Path.Combine(_folder, "test_list.mat"), ["n02085620-Chihuahua/n02085620_1.jpg"], [2], isCompressed: true);
        ExpectError<InvalidDataException>(() => StanfordDogs.Load(_folder, Crop), "test_list.mat', entry 1", "black-and-tan_coonhound");
    }

    /// <summary>Whatever byte is damaged, the file is read or refused; nothing else is thrown and nothing large allocated.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MatFile_DamagedBytes_AreRefusedOrRead(bool isCompressed)
    {
        string path = Path.Combine(_folder, "list.mat");
        MatWriter.Write(path, ["a/1.jpg", "b/2.jpg"], [1, 300], isCompressed);
        byte[] whole = File.ReadAllBytes(path);
        int refused = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= (byte)(i % 2 == 0 ? 0xFF : 1 << i / 2 % 8);
            File.WriteAllBytes(path, i % 7 == 0 ? damaged[..i] : damaged);
            if (Record.Exception(() => MatFile.Read(path)) is { } error)
            {
                refused++;
                Assert.Contains("list.mat", Assert.IsType<InvalidDataException>(error).Message);
            }
        }

        Assert.InRange(refused, whole.Length / 10, whole.Length - 100);
    }

    [Fact]
    public void MatFile_OtherVariables_SaysWhatThereIs()
    {
        string path = Path.Combine(_folder, "list.mat");
        MatWriter.Write(path, ["a/1.jpg"], [0.5], isCompressed: true);
        MatFile file = MatFile.Read(path);
        Assert.Equal([0.5], file.GetNumbers("labels"));
        ExpectError<InvalidDataException>(() => file.GetTexts("labels"), "no variable 'labels' that is a cell array of texts", "file_list");
        ExpectError<InvalidDataException>(() => file.GetTexts("annotation_list"), "annotation_list");
    }

    [Fact]
    public void OxfordPets_PublishedLayout_IsRead()
    {
        WritePets();
        DataSet set = OxfordPets.Load(_folder, Crop);
        Assert.Equal("pets", set.Name);
        Assert.Equal(["Abyssinian", "american_bulldog"], set.Labels);
        Assert.Equal([1, 0], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal([0], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
        AssertRed(set.Training, 0, 70);
    }

    [Theory]
    [InlineData("Abyssinian_1", "expected the name of an image and the number of its class")]
    [InlineData("Abyssinian_1 0 1 1", "found '0'")]
    [InlineData("Abyssinian_1 2 1 1", "class 2 is called 'Abyssinian' here and 'american_bulldog' before")]
    [InlineData("../../etc_1 9 1 1", "leads out of the folder")]
    [InlineData("Abyssinian_9 1 1 1", "there is no image")]
    public void OxfordPets_WrongLine_NamesFileAndLine(string line, string expected)
    {
        WritePets();
        File.AppendAllText(Path.Combine(_folder, "annotations/trainval.txt"), line + "\n");
        Exception error = Record.Exception(() => OxfordPets.Load(_folder, Crop))!;
        Assert.Contains("trainval.txt', line 4", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void CaltechBirds_PublishedLayout_IsRead()
    {
        WriteBirds();
        DataSet set = CaltechBirds.Load(_folder, "cub", Crop);
        Assert.Equal("cub", set.Name);
        Assert.Equal(["001.Black_footed_Albatross", "002.Laysan_Albatross"], set.Labels);
        Assert.Equal([0, 1], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal([1], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
        AssertRed(set.Test, 0, 60);
    }

    [Fact]
    public void CaltechBirds_NABirds_CountsClassesWithImages()
    {
        string[] ids = ["0000139e-21dc-4d0c-bfe1-4cae3c85c829", "0000d9fc-4e02-4c06-a0af-a55cfb16b12b", "00019306-9d83-4334-b255-a44742edce66"];
        string[] paths = ["0817/0000139e21dc4d0cbfe14cae3c85c829.jpg", "0860/0000d9fc4e024c06a0afa55cfb16b12b.jpg", "0900/000193069d834334b255a44742edce66.jpg"];
        Lines("classes.txt", "0 Birds", "1 Ducks, Geese, and Swans", "817 Oak Titmouse", "860 Evening Grosbeak (Female/Juvenile)", "900 Oak Titmouse");
        Lines("hierarchy.txt", "1 0", "817 1", "860 1", "900 1");
        Lines("images.txt", [.. ids.Zip(paths, (id, path) => $"{id} {path}")]);
        Lines("image_class_labels.txt", $"{ids[0]} 817", $"{ids[1]} 860", $"{ids[2]} 900");
        Lines("train_test_split.txt", $"{ids[0]} 1", $"{ids[1]} 0", $"{ids[2]} 1");
        foreach (string path in paths)
            DrawnImages.Write(Path.Combine(_folder, "images", path), 20, 24, SKColors.Red);

        DataSet set = CaltechBirds.Load(_folder, "nabirds", Crop);
        Assert.Equal(["Oak Titmouse (817)", "Evening Grosbeak (Female/Juvenile)", "Oak Titmouse (900)"], set.Labels);
        Assert.Equal([0, 2], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal([1], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
    }

    [Theory]
    [InlineData("images.txt", "4 001.Black_footed_Albatross/4.jpg", "images.txt', line 4: image '4' has no class")]
    [InlineData("images.txt", "4", "images.txt', line 4: expected a number and the path of an image")]
    [InlineData("images.txt", "1 001.Black_footed_Albatross/1.jpg", "images.txt', line 4: '1' is there a second time")]
    [InlineData("image_class_labels.txt", "1 2", "image_class_labels.txt', line 4: '1' is there a second time")]
    [InlineData("train_test_split.txt", "1 2", "train_test_split.txt', line 4")]
    public void CaltechBirds_WrongLine_NamesFileAndLine(string list, string line, string expected)
    {
        WriteBirds();
        File.AppendAllText(Path.Combine(_folder, list), line + "\n");
        ExpectError<InvalidDataException>(() => CaltechBirds.Load(_folder, "cub", Crop), expected);
    }

    [Theory]
    [InlineData("image_class_labels.txt", "3 9", "image_class_labels.txt', line 3: there is no class '9'")]
    [InlineData("train_test_split.txt", "3 yes", "train_test_split.txt', line 3: expected a number of 0 … 1, found 'yes'")]
    [InlineData("images.txt", "3 ../classes.txt", "images.txt', line 3: '../classes.txt' leads out of the folder")]
    [InlineData("images.txt", "3 /etc/hostname", "images.txt', line 3: '/etc/hostname' leads out of the folder")]
    public void CaltechBirds_WrongEntry_NamesFileAndLine(string list, string line, string expected)
    {
        WriteBirds();
        string path = Path.Combine(_folder, list);
        File.WriteAllLines(path, [.. File.ReadAllLines(path)[..2], line]);
        ExpectError<InvalidDataException>(() => CaltechBirds.Load(_folder, "cub", Crop), expected);
    }

    [Fact]
    public void CaltechBirds_ListMissing_NamesIt()
    {
        WriteBirds();
        File.Delete(Path.Combine(_folder, "train_test_split.txt"));
        ExpectError<FileNotFoundException>(() => CaltechBirds.Load(_folder, "cub", Crop), "train_test_split.txt");
    }

    [Fact]
    public void ImageFolder_FoldersOfClasses_AreSorted()
    {
        WriteImageNet();
        DrawnImages.Write(Path.Combine(_folder, "val/n01443537/v1.JPEG"), 40, 30, new SKColor(90, 0, 0));
        DrawnImages.Write(Path.Combine(_folder, "val/n01440764/v2.JPEG"), 40, 30, new SKColor(20, 0, 0));
        DataSet set = ImageFolder.Load(_folder, "imagenet", Crop);
        Assert.Equal(["n01440764", "n01443537"], set.Labels);
        Assert.Equal([0, 0, 1], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal([0, 1], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
        AssertRed(set.Test, 1, 90);
    }

    [Theory]
    [InlineData("LOC_val_solution.csv", "ImageId,PredictionString", "v1,n01443537 85 1 499 272 n01443537 1 2 3 4 ", "v2,n01440764 1 2 3 4 ")]
    [InlineData("val.txt", "v1.JPEG 1", "v2.JPEG 0")]
    [InlineData("val/val_annotations.txt", "v1.JPEG\tn01443537\t0\t32\t44\t62", "v2.JPEG\tn01440764\t0\t1\t2\t3")]
    public void ImageFolder_FlatImagesAndAList_AreRead(string list, params string[] lines)
    {
        WriteImageNet();
        DrawnImages.Write(Path.Combine(_folder, "val/v1.JPEG"), 40, 30, new SKColor(90, 0, 0));
        DrawnImages.Write(Path.Combine(_folder, "val/v2.JPEG"), 40, 30, new SKColor(20, 0, 0));
        Lines(list, lines);
        DataSet set = ImageFolder.Load(_folder, "imagenet", Crop);
        Assert.Equal([1, 0], Enumerable.Range(0, set.Test.Count).Select(set.Test.ClassOf));
        AssertRed(set.Test, 0, 90);
    }

    [Fact]
    public void ImageFolder_WrongList_NamesFileAndLine()
    {
        WriteImageNet();
        DrawnImages.Write(Path.Combine(_folder, "val/v1.JPEG"), 40, 30, SKColors.Red);
        Lines("val.txt", "v1.JPEG 1", "v1.JPEG n99");
        ExpectError<InvalidDataException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "val.txt', line 2", "found 'n99'");
        Lines("val.txt", "v1.JPEG 1", "v3.JPEG 1");
        ExpectError<FileNotFoundException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "val.txt', line 2", "v3.JPEG");
        Lines("val.txt", "v1.JPEG");
        ExpectError<InvalidDataException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "val.txt', line 1");
    }

    [Fact]
    public void ImageFolder_MissingParts_AreNamed()
    {
        ExpectError<DirectoryNotFoundException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "train");
        WriteImageNet();
        ExpectError<FileNotFoundException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "neither a folder for each class nor a list");
        DrawnImages.Write(Path.Combine(_folder, "val/n01443537/v1.JPEG"), 40, 30, SKColors.Red);
        ExpectError<InvalidDataException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "n01440764' has no images");
        DrawnImages.Write(Path.Combine(_folder, "val/n09/v1.JPEG"), 40, 30, SKColors.Red);
        ExpectError<InvalidDataException>(() => ImageFolder.Load(_folder, "imagenet", Crop), "n09' is a class that has no folder of training images");
    }

    private static void ExpectError<TError>(Func<object> load, params string[] expected)
        where TError : Exception
    {
        TError error = Assert.Throws<TError>(load);
        Assert.All(expected, text => Assert.Contains(text, error.Message));
    }

    /// <summary>The images were written with another red each; JPEG changes it little.</summary>
    private static void AssertRed(LabelledImages images, int image, int red)
    {
        var pixels = new float[images.Length];
        images.Read(image, pixels);
        Assert.All(pixels[..(images.Length / 3)], value => Assert.Equal(red, value, 6.0));
    }

    private void Lines(string name, params string[] lines) => File.WriteAllLines(Path.Combine(_folder, name), lines);

    private void WriteDogs(bool isCompressed = true, bool isWide = false)
    {
        (string Name, int Red)[] dogs =
        [
            ("n02085620-Chihuahua/n02085620_1.jpg", 10), ("n02085620-Chihuahua/n02085620_2.jpg", 20), ("n02089078-black-and-tan_coonhound/n02089078_3.jpg", 30),
            ("n02089078-black-and-tan_coonhound/n02089078_4.jpg", 40), ("n02085620-Chihuahua/n02085620_5.jpg", 50),
        ];
        foreach ((string name, int red) in dogs)
            DrawnImages.Write(Path.Combine(_folder, "Images", name), 30, 20, new SKColor((byte)red, 0, 0));
        MatWriter.Write(Path.Combine(_folder, "train_list.mat"), [.. dogs[..3].Select(dog => dog.Name)], [1, 1, 2], isCompressed, isWide);
        MatWriter.Write(Path.Combine(_folder, "test_list.mat"), [.. dogs[3..].Select(dog => dog.Name)], [2, 1], isCompressed, isWide);
    }

    private void WritePets()
    {
        foreach ((string name, int red) in (ReadOnlySpan<(string, int)>)[("american_bulldog_100", 70), ("Abyssinian_1", 80), ("Abyssinian_201", 90)])
            DrawnImages.Write(Path.Combine(_folder, "images", name + ".jpg"), 30, 20, new SKColor((byte)red, 0, 0));
        Directory.CreateDirectory(Path.Combine(_folder, "annotations"));
        Lines("annotations/trainval.txt", "#Image CLASS-ID SPECIES BREED ID", "american_bulldog_100 2 2 1", "Abyssinian_1 1 1 1");
        Lines("annotations/test.txt", "Abyssinian_201 1 1 1");
    }

    private void WriteBirds()
    {
        string[] paths = ["001.Black_footed_Albatross/1.jpg", "002.Laysan_Albatross/2.jpg", "002.Laysan_Albatross/3.jpg"];
        for (int i = 0; i < paths.Length; i++)
            DrawnImages.Write(Path.Combine(_folder, "images", paths[i]), 22, 40, new SKColor((byte)(40 + 10 * i), 0, 0));
        Lines("classes.txt", "1 001.Black_footed_Albatross", "2 002.Laysan_Albatross", "3 003.Sooty_Albatross");
        Lines("images.txt", [.. paths.Select((path, i) => $"{i + 1} {path}")]);
        Lines("image_class_labels.txt", "1 1", "2 2", "3 2");
        Lines("train_test_split.txt", "1 1", "2 1", "3 0");
    }

    private void WriteImageNet()
    {
        DrawnImages.Write(Path.Combine(_folder, "train/n01443537/n01443537_2.JPEG"), 40, 30, SKColors.Red);
        DrawnImages.Write(Path.Combine(_folder, "train/n01440764/n01440764_1.JPEG"), 40, 30, SKColors.Red);
        DrawnImages.Write(Path.Combine(_folder, "train/n01440764/n01440764_9.png"), 40, 30, SKColors.Red);
        Directory.CreateDirectory(Path.Combine(_folder, "val"));
    }
}
