using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.MLNet.Tests;

/// <content>Images and pixels.</content>
public sealed partial class MLNetFactsTests
{
    /// <summary>Rgba; red 1 5 9 13, green 2 6 10 14, blue 3 7 11 15.</summary>
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 16).Select(i => (byte)(i % 4 == 3 ? 255 : i + 1))];

    [Fact]
    public void ExtractPixels_Defaults_GivePlanesOfRedGreenAndBlue()
    {
        IDataView result = Apply(_context.Transforms.ExtractPixels("Out", "Image"), _context.Data.LoadFromEnumerable(Images(1)));

        Assert.Equal("Vector<Single, 3, 2, 2>", $"{result.Schema["Out"].Type}");
        Assert.Equal([1f, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], result.GetColumn<float[]>("Out").Single());
    }

    [Fact]
    public void ExtractPixels_Interleaved_PutsThePlanesLast()
    {
        IDataView result = Apply(_context.Transforms.ExtractPixels("Out", "Image", interleavePixelColors: true), _context.Data.LoadFromEnumerable(Images(1)));

        Assert.Equal("Vector<Single, 2, 2, 3>", $"{result.Schema["Out"].Type}");
        Assert.Equal([1f, 2, 3, 5, 6, 7], result.GetColumn<float[]>("Out").Single()[..6]);
    }

    /// <summary>So an image in memory can be read once.</summary>
    [Fact]
    public void ExtractPixels_CallersImage_IsDisposed()
    {
        ImageRow[] rows = [.. Images(1)];

        Assert.Single(Apply(_context.Transforms.ExtractPixels("Out", "Image"), _context.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Out"));

        Assert.Throws<InvalidOperationException>(() => rows[0].Image!.Width);
    }

    [Fact]
    public void GetGetter_OfImages_DisposesTheImageThatIsHandedIn()
    {
        IDataView images = Apply(_context.Transforms.ConvertToGrayscale("Gray", "Image"), _context.Data.LoadFromEnumerable(Images(2)));
        using DataViewRowCursor cursor = images.GetRowCursor([images.Schema["Gray"]]);
        ValueGetter<MLImage> getter = cursor.GetGetter<MLImage>(images.Schema["Gray"]);
        MLImage image = null!;
        cursor.MoveNext();
        getter(ref image);
        MLImage first = image;
        Assert.Equal(2, first.Width);

        cursor.MoveNext();
        getter(ref image);

        Assert.NotSame(first, image);
        Assert.Throws<InvalidOperationException>(() => first.Width);
    }

    [Fact]
    public void Load_ImagePipeline_NeedsNoRegistrationAndGivesTheSamePixels()
    {
        using var folder = new ImageFolder();
        IDataView data = folder.Add("a.png", Good).Load(_context, 4, out IDataView files, out ITransformer model);
        string path = Path.GetTempFileName();
        try
        {
            _context.Model.Save(model, files.Schema, path);
            ITransformer loaded = new MLContext().Model.Load(path, out DataViewSchema schema);

            Assert.Equal(files.Schema.Select(column => $"{column}"), schema.Select(column => $"{column}"));
            Assert.Equal(data.GetColumn<float[]>("Pixels"), loaded.Transform(files).GetColumn<float[]>("Pixels"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Good => ImageBytes.Png(8, 8, 8, ImageBytes.Rgb, (x, y) => [20 * x, 20 * y, 9]);

    private static IDataView Apply(IEstimator<ITransformer> estimator, IDataView data) => estimator.Fit(data).Transform(data);

    private static IEnumerable<ImageRow> Images(int count) =>
        Enumerable.Range(0, count).Select(_ => new ImageRow { Image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, Pixels) });

    private sealed class ImageRow
    {
        [ImageType(2, 2)]
        public MLImage? Image { get; set; }
    }
}
