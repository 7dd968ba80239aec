using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.MLNet.Tests;

/// <summary>Images that stand beside the scores: whose they are, and that they are the right ones.</summary>
public sealed class ImageColumnTests : IDisposable
{
    private const int Count = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;
    private readonly MLContext _context = new(1);

    public ImageColumnTests()
    {
        for (int i = 0; i < Count; i++)
        {
            using MLImage image = Create(i);
            image.Save(Path.Combine(_folder, $"{i}.png"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(8)] // as large as the files: ResizeImages then hands on the very image of LoadImages
    [InlineData(4)]
    public void Image_OfFiles_IsThatOfItsRowAndTheConsumersOwn(int size)
    {
        IDataView scored = Score(Files(size), batchSize: 5);
        var kept = new List<MLImage>();

        using (DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema))
        {
            ValueGetter<MLImage?> loaded = cursor.GetGetter<MLImage?>(scored.Schema["Image"]);
            ValueGetter<MLImage?> resized = cursor.GetGetter<MLImage?>(scored.Schema["Resized"]);
            MLImage? reused = null;
            for (int i = 0; cursor.MoveNext(); i++)
            {
                MLImage? own = null;
                loaded(ref own);
                kept.Add(own!);
                resized(ref reused);
                Assert.Equal(i, reused!.Pixels[0]);
                Assert.Equal(size, reused.Width);

                // The variable is given back: its image is disposed, and another one takes its place.
                MLImage before = reused;
                resized(ref reused);
                Assert.Throws<InvalidOperationException>(() => before.Width);
                Assert.Equal(i, reused!.Pixels[0]);
            }

            reused!.Dispose();
        }

        Assert.Equal(Count, kept.Count);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i, kept[i].Pixels[0]);
            Assert.Equal(8, kept[i].Height);
            Assert.EndsWith($"{i}.png", kept[i].Tag, StringComparison.Ordinal);
            kept[i].Dispose();
        }
    }

    [Fact]
    public void Image_OfFiles_ScoresAreThoseWithoutIt()
    {
        IDataView data = Files(8);
        float[][] expected = ReadScores(Score(data, 5), withImages: false);

        Assert.Equal(expected, ReadScores(Score(data, 5), withImages: true));
    }

    [Fact]
    public void Image_InMemory_StaysTheApplications()
    {
        MemoryRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new MemoryRow { Pixels = Pixels(i), Image = i == 3 ? null : Create(i) })];
        IDataView scored = Score(_context.Data.LoadFromEnumerable(rows), 5);

        for (int pass = 0; pass < 2; pass++)
        {
            using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
            ValueGetter<MLImage?> getter = cursor.GetGetter<MLImage?>(scored.Schema["Image"]);
            MLImage? image = null;
            for (int i = 0; cursor.MoveNext(); i++)
            {
                getter(ref image);
                Assert.Same(rows[i].Image, image);
            }
        }

        List<MemoryRow> read = [.. _context.Data.CreateEnumerable<MemoryRow>(Score(_context.Data.LoadFromEnumerable(rows), 5), reuseRowObject: false)];

        Assert.Equal(rows.Select(row => row.Image), read.Select(row => row.Image));
        Assert.All(rows.Where(row => row.Image is not null), row => Assert.Equal(8, row.Image!.Width));
    }

    [Fact]
    public void Image_DisposedWhenTheInputMovesOn_IsCopied()
    {
        MemoryRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new MemoryRow { Pixels = Pixels(i), Image = Create(i) })];
        var view = new WatchedView(_context.Data.LoadFromEnumerable(rows))
        {
            OnMove = position =>
            {
                if (position > 0)
                    rows[position - 1].Image!.Dispose();
            },
        };
        IDataView scored = Score(view, 5);
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<MLImage?> getter = cursor.GetGetter<MLImage?>(scored.Schema["Image"]);
        MLImage? image = null;

        for (int i = 0; cursor.MoveNext(); i++)
        {
            getter(ref image);
            Assert.Equal(i, image!.Pixels[0]);
        }
    }

    [Fact]
    public void Image_DisposedByAnEarlierPass_GetsAdvice()
    {
        SizedRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new SizedRow { Image = Create(i) })];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        ImagePixelExtractingEstimator extract = _context.Transforms.ExtractPixels("Pixels", "Image");

        // Fitting reads each image once and keeps its pixels, ...
        ITransformer model = extract.Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)).Fit(data);

        // ... but ExtractPixels has disposed the last one.
        var failure = Assert.ThrowsAny<Exception>(() => ReadScores(model.Transform(data), withImages: false));
        Assert.StartsWith("Row 11 ", failure.Message);
        Assert.Contains("Cache(data, \"Pixels\"", failure.Message);
    }

    [Fact]
    public void Fit_ImageThatIsDisposed_GetsAdvice()
    {
        SizedRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new SizedRow { Image = Create(i) })];
        rows[4].Image!.Dispose();
        var pipeline = _context.Transforms.ExtractPixels("Pixels", "Image")
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier));

        var failure = Assert.Throws<InvalidOperationException>(() => pipeline.Fit(_context.Data.LoadFromEnumerable(rows)));
        Assert.StartsWith("Row 4 ", failure.Message);
        Assert.Contains("was disposed", failure.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BrokenFile_InFitAndTransform_IsNamedByItsRow(bool isMissing)
    {
        string file = Path.Combine(_folder, "6.png");
        File.Delete(file);
        if (!isMissing)
            File.WriteAllBytes(file, [1, 2, 3]);
        IDataView data = Files(8);

        string fit = Assert.Throws<InvalidOperationException>(() => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Fit(data)).Message;
        string scoring = Assert.Throws<InvalidOperationException>(() => ReadScores(Score(data, 5), withImages: false)).Message;
        string withImages = Assert.Throws<InvalidOperationException>(() => ReadScores(Score(data, 5), withImages: true)).Message;

        Assert.All((string[])[fit, scoring, withImages], message => Assert.StartsWith("Row 6 (counted from 0, Path '6.png') cannot be read: ", message));
    }

    private IDataView Files(int size)
    {
        IDataView paths = _context.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(i => new PathRow { Path = $"{i}.png" }));
        return _context.Transforms.LoadImages("Image", _folder, "Path")
            .Append(_context.Transforms.ResizeImages("Resized", size, size, "Image"))
            .Append(_context.Transforms.ResizeImages("Full", 8, 8, "Image"))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Full"))
            .Fit(paths).Transform(paths);
    }

    private static IDataView Score(IDataView data, int batchSize) => Samples.Zipped.WithEngine(new Networks.CpuEngine(), batchSize).Transform(data);

    private static float[][] ReadScores(IDataView scored, bool withImages)
    {
        using DataViewRowCursor cursor =
            scored.GetRowCursor(scored.Schema.Where(column => column.Name == "Score" || (withImages && column.Name is "Image" or "Resized")));
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        var rows = new List<float[]>();
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            getter(ref buffer);
            rows.Add([.. buffer.DenseValues()]);
        }

        return [.. rows];
    }

    /// <summary>8×8 pixels of a color that tells the number.</summary>
    private static MLImage Create(int number)
    {
        byte[] pixels = new byte[8 * 8 * 4];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i % 4 == 3 ? (byte)255 : (byte)number;
        return MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32, pixels);
    }

    private static float[] Pixels(int number) => [.. Enumerable.Repeat((float)number, 192)];

    private sealed class PathRow
    {
        public string? Path { get; set; }
    }

    private sealed class MemoryRow
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        [ImageType(8, 8)]
        public MLImage? Image { get; set; }
    }

    private sealed class SizedRow
    {
        [ImageType(8, 8)]
        public MLImage? Image { get; set; }
    }
}
