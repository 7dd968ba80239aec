using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZipIt.StandIns.Tests.Models;
using ColorBits = Microsoft.ML.Transforms.Image.ImagePixelExtractingEstimator.ColorBits;
using ColorsOrder = Microsoft.ML.Transforms.Image.ImagePixelExtractingEstimator.ColorsOrder;

namespace ZipIt.StandIns.Tests.Transforms;

public sealed class ImageTransformTests : IDisposable
{
    private readonly MLContext _context = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ExtractPixels_Defaults_GivePlanesOfRedGreenAndBlue()
    {
        IDataView result = Extract(context => context.Transforms.ExtractPixels("Out", "Image"));
        Assert.Equal("Vector<Single, 3, 2, 2>", result.Schema["Out"].Type.ToString());
        Assert.Equal([1f, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], result.GetColumn<float[]>("Out").First());
    }

    [Fact]
    public void ExtractPixels_Interleaved_KeepsPixelsTogether()
    {
        IDataView result = Extract(context => context.Transforms.ExtractPixels("Out", "Image", interleavePixelColors: true, offsetImage: 1, scaleImage: 0.5f));
        Assert.Equal("Vector<Single, 2, 2, 3>", result.Schema["Out"].Type.ToString());
        Assert.Equal([0f, 0.5f, 1, 2, 2.5f, 3], result.GetColumn<float[]>("Out").First()[..6]);
    }

    [Fact]
    public void ExtractPixels_Bytes_AreOfTypeByte()
    {
        IDataView result = Extract(context => context.Transforms.ExtractPixels("Out", "Image", colorsToExtract: ColorBits.All, interleavePixelColors: true, outputAsFloatArray: false));
        Assert.Equal("Vector<Byte, 2, 2, 4>", result.Schema["Out"].Type.ToString());
        Assert.Equal([255, 1, 2, 3, 255], result.GetColumn<byte[]>("Out").First()[..5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.ExtractPixels("Out", "Image", scaleImage: 2, outputAsFloatArray: false));
    }

    [Theory]
    [InlineData(ColorsOrder.ARGB, ColorBits.All, 255, 1, 2, 3)]
    [InlineData(ColorsOrder.ARBG, ColorBits.All, 255, 1, 3, 2)]
    [InlineData(ColorsOrder.ABRG, ColorBits.All, 255, 3, 1, 2)]
    [InlineData(ColorsOrder.ABGR, ColorBits.All, 255, 3, 2, 1)]
    [InlineData(ColorsOrder.AGRB, ColorBits.All, 255, 2, 1, 3)]
    [InlineData(ColorsOrder.AGBR, ColorBits.All, 255, 2, 3, 1)]
    [InlineData(ColorsOrder.ABGR, ColorBits.Red | ColorBits.Blue, 3, 1, 7, 5)]
    [InlineData(ColorsOrder.ARGB, ColorBits.Green, 2, 6, 10, 14)]
    public void ExtractPixels_OrderAndColors_ArrangeThem(ColorsOrder order, ColorBits colors, params int[] expected)
    {
        IDataView result = Extract(context => context.Transforms.ExtractPixels("Out", "Image", colorsToExtract: colors, orderOfExtraction: order, interleavePixelColors: true));
        Assert.Equal(expected.Select(value => (float)value), result.GetColumn<float[]>("Out").First()[..4]);
    }

    [Fact]
    public void ExtractPixels_UnknownSizeOrNoImage_Throws()
    {
        IDataView data = Paths("a.png");
        var unsized = _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ExtractPixels("Out", "Image"));
        Assert.Contains("expected known-size image, got unknown-size image", Assert.Throws<ArgumentOutOfRangeException>(() => unsized.Fit(data)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.ExtractPixels("Out", "Path").Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.ResizeImages("Out", 2, 2, "Path").Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.ResizeImages("Out", 0, 2, "Path"));
        Assert.Contains("Missing", Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.LoadImages("Out", _folder, "Missing").Fit(data)).Message);
    }

    [Fact]
    public void LoadImages_MissingOrDamagedFile_NamesIt()
    {
        File.WriteAllBytes(Path.Combine(_folder, "cut.png"), [0x89, 0x50]);
        Exception Fail(string name) => Record.Exception(
            () => _context.Transforms.LoadImages("Image", _folder, "Path").Fit(Paths(name)).Transform(Paths(name)).GetColumn<MLImage>("Image").Count())!;
        Assert.Contains("missing.png", Assert.IsType<FileNotFoundException>(Fail("missing.png")).Message);
        Assert.Contains("cut.png", Assert.IsType<ArgumentException>(Fail("cut.png")).Message);
    }

    [Fact]
    public void LoadImages_Image_IsTaggedAndDisposedByTheNextRow()
    {
        Write("a.png");
        IDataView data = Paths("a.png", "a.png", "");
        IDataView images = _context.Transforms.LoadImages("Image", _folder, "Path").Fit(data).Transform(data);
        Assert.Equal("Image", images.Schema["Image"].Type.ToString());
        using DataViewRowCursor cursor = images.GetRowCursor(images.Schema);
        ValueGetter<MLImage> getter = cursor.GetGetter<MLImage>(images.Schema["Image"]);
        MLImage image = null!;
        cursor.MoveNext();
        getter(ref image);
        MLImage first = image;
        Assert.EndsWith("a.png", first.Tag);
        cursor.MoveNext();
        getter(ref image);
        Assert.NotSame(first, image);
        Assert.Throws<InvalidOperationException>(() => first.Width);
        cursor.MoveNext();
        getter(ref image);
        Assert.Null(image);
    }

    [Fact]
    public void CreateEnumerable_Images_AreDisposedWhenTheListIsDone()
    {
        Write("a.png");
        IDataView data = Paths("a.png", "a.png");
        IDataView images = _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ResizeImages("Image", 2, 2)).Fit(data).Transform(data);
        List<WithImage> rows = [.. _context.Data.CreateEnumerable<WithImage>(images, reuseRowObject: false)];
        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.Throws<InvalidOperationException>(() => row.Image!.Width));
    }

    [Fact]
    public void ExtractPixels_CallersImage_IsDisposedWithTheCursor()
    {
        MLImage image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, Pixels());
        IDataView data = _context.Data.LoadFromEnumerable([new WithImage { Image = image }]);
        IDataView pixels = _context.Transforms.ExtractPixels("Out", "Image").Fit(data).Transform(data);
        Assert.Equal(1f, pixels.GetColumn<float[]>("Out").First()[0]);
        Assert.Throws<InvalidOperationException>(() => image.Width);
    }

    [Fact]
    public void ResizeImages_SameSize_HandsOnTheImage()
    {
        Write("a.png");
        IDataView data = Paths("a.png");
        IDataView images = _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ResizeImages("Small", 2, 2, "Image")).Fit(data).Transform(data);
        Assert.Equal("Image<2, 2>", images.Schema["Small"].Type.ToString());
        using DataViewRowCursor cursor = images.GetRowCursor([images.Schema["Small"]]);
        ValueGetter<MLImage> getter = cursor.GetGetter<MLImage>(images.Schema["Small"]);
        cursor.MoveNext();
        MLImage image = null!;
        getter(ref image);
        Assert.Equal([3, 2, 1, 255], image.Pixels[..4].ToArray());
    }

    [Fact]
    public void ConvertToGrayscale_Image_KeepsItsType()
    {
        Write("a.png");
        IDataView data = Paths("a.png");
        ITransformer model = _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ResizeImages("Image", 2, 2))
            .Append(_context.Transforms.ConvertToGrayscale("Gray", "Image")).Append(_context.Transforms.ExtractPixels("Out", "Gray")).Fit(data);
        IDataView result = SavedModel.Load(SavedModel.Save(_context, model, null), out _).Transform(data);
        Assert.Equal("Image<2, 2>", result.Schema["Gray"].Type.ToString());
        float[] pixels = result.GetColumn<float[]>("Out").First();
        Assert.Equal(pixels[..4], pixels[4..8]);
    }

    [Fact]
    public void LoadRawImageBytes_File_GivesItsBytes()
    {
        Write("a.png");
        IDataView data = Paths("a.png");
        ITransformer model = _context.Transforms.LoadRawImageBytes("Bytes", _folder, "Path").Fit(data);
        IDataView result = SavedModel.Load(SavedModel.Save(_context, model, null), out _).Transform(data);
        Assert.Equal("Vector<Byte>", result.Schema["Bytes"].Type.ToString());
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "a.png")), result.GetColumn<byte[]>("Bytes").Single());
    }

    [Fact]
    public void GetOutputSchema_Estimators_PromiseWhatTheyGive()
    {
        IDataView data = Paths("a.png");
        var estimator = _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ResizeImages("Small", 2, 2, "Image"))
            .Append(_context.Transforms.ExtractPixels("Out", "Small"));
        SchemaShape shape = estimator.GetOutputSchema(SchemaShape.Create(data.Schema));
        Assert.Equal(["Path String", "Image Image", "Small Image<2, 2>", "Out Vector<Single>"], shape.Select(column => $"{column.Name} {column.GetTypeString()}"));
    }

    private static byte[] Pixels() => [.. Enumerable.Range(0, 16).Select(i => (byte)(i % 4 == 3 ? 255 : i + 1))];

    private IDataView Extract<T>(Func<MLContext, IEstimator<T>> makeEstimator)
        where T : class, ITransformer
    {
        Write("a.png");
        IDataView data = Paths("a.png");
        return _context.Transforms.LoadImages("Image", _folder, "Path").Append(_context.Transforms.ResizeImages("Image", 2, 2))
            .Append(makeEstimator(_context)).Fit(data).Transform(data);
    }

    private void Write(string name)
    {
        using MLImage image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, Pixels());
        image.Save(Path.Combine(_folder, name));
    }

    private IDataView Paths(params string[] paths) => _context.Data.LoadFromEnumerable(paths.Select(path => new PathRow { Path = path }).ToList());

    private sealed class PathRow
    {
        public string? Path { get; set; }
    }

    private sealed class WithImage
    {
        [ImageType(2, 2)]
        public MLImage? Image { get; set; }
    }
}
