using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.MLNet.Tests;

public sealed class SourceCursorTests : IDisposable
{
    private const int Size = 8;
    private const int Broken = 300;

    private static readonly byte[] Good = ImageBytes.Png(Size, Size, 8, ImageBytes.Rgb, (x, y) => [x, y, 9]);

    private readonly MLContext _context = new(1);
    private readonly IHost _host;
    private readonly ImageFolder _folder = new();

    public SourceCursorTests()
    {
        _host = ((IHostEnvironment)_context).Register(nameof(SourceCursorTests));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Without images among the columns, ML.NET reads ahead on other threads; with them it does not.</summary>
    [Theory]
    [InlineData("Pixels")]
    [InlineData("Pixels", "Label")]
    [InlineData("Pixels", "Image")]
    public void Read_BrokenImageAmongHundreds_NamesRowAndTextsAndReason(params string[] columns)
    {
        IDataView data = LoadWithOneBroken();

        InvalidOperationException failure = Fail(() => ReadAll(data, columns));

        Assert.StartsWith($"Row {Broken} (counted from 0, ImagePath '0300.png', Label 'label of 0300.png') cannot be read: its image cannot be decoded.",
            failure.Message);
        Assert.IsType<ArgumentException>(failure.GetBaseException());
    }

    [Fact]
    public void Read_TextsDropped_NamesTheRow()
    {
        IDataView images = _folder.Add("good.png", Good).Add("bad.png", []).Load(_context, Size);
        IDataView data = _context.Transforms.SelectColumns("Pixels").Fit(images).Transform(images);

        Assert.StartsWith("Row 1 (counted from 0) cannot be read: its image", Fail(() => ReadAll(data, "Pixels")).Message);
    }

    [Fact]
    public void Read_MissingFile_SaysWhatMLNetSays()
    {
        IDataView data = _folder.Add("good.png", Good).Add("missing.png", null).Load(_context, Size);

        string message = Fail(() => ReadAll(data, "Pixels")).Message;

        Assert.StartsWith("Row 1 (counted from 0, ImagePath 'missing.png', ", message);
        Assert.Contains("Could not find file", message);
    }

    [Fact]
    public void Read_PartOfTheRows_NamesTheRowOfTheWhole()
    {
        IDataView data = LoadWithOneBroken();
        DataViewSchema.Column pixels = data.Schema["Pixels"];

        foreach (DataViewRowCursor part in data.GetRowCursorSet([pixels], 2))
        {
            using var cursor = new SourceCursor(_host, data, pixels, part, isInOrder: false);
            if (Record.Exception(() => Read(cursor, pixels)) is { } failure)
            {
                Assert.StartsWith($"Row {Broken} (counted from 0, ImagePath '0300.png'", failure.Message);
                return;
            }
        }

        Assert.Fail("No cursor has the broken row.");
    }

    [Fact]
    public void Read_FailureThatDoesNotComeAgain_SaysWhereItWas()
    {
        int reads = 0;
        IDataView data = _context.Data.LoadFromEnumerable(Rows(20, row => row == 7 && reads++ == 0
            ? throw new TimeoutException("The disk sleeps.")
            : new float[4]));

        InvalidOperationException failure = Fail(() => ReadAll(data, "Pixels"));

        Assert.Equal("Row 7 or one behind it (counted from 0) cannot be read: The disk sleeps.", failure.Message);
    }

    [Fact]
    public void Read_DisposedImage_SaysWhatToDo()
    {
        using MLImage image = MLImage.CreateFromStream(new MemoryStream(Good));
        IDataView images = _context.Data.LoadFromEnumerable([new ImageRow { Image = image }]);
        IDataView data = _context.Transforms.ExtractPixels("Pixels", "Image").Fit(images).Transform(images);
        ReadAll(data, "Pixels");

        InvalidOperationException failure = Fail(() => ReadAll(data, "Pixels"));

        Assert.StartsWith("Row 0 (counted from 0) cannot be read: its image was disposed.", failure.Message);
        Assert.Contains("mlContext.Data.Cache(data, \"Pixels\")", failure.Message);
    }

    [Fact]
    public void Read_RowNamedBefore_IsNotNamedAgain()
    {
        IDataView data = LoadWithOneBroken();
        InvalidOperationException inner = Fail(() => ReadAll(data, "Pixels"));
        IDataView outer = _context.Data.LoadFromEnumerable(Rows(3, row => row == 1
            ? throw new InvalidOperationException("Reading failed.", inner)
            : new float[4]));

        Assert.Equal(inner.Message, Fail(() => ReadAll(outer, "Pixels")).Message);
    }

    [Fact]
    public void Read_Cancelled_StaysCancelled()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(3, row => row == 1 ? throw new OperationCanceledException() : new float[4]));

        Assert.Throws<OperationCanceledException>(() => ReadAll(data, "Pixels"));
    }

    [Fact]
    public void Read_GoodImages_GivesWhatTheCursorGives()
    {
        IDataView data = _folder.Add("a.png", Good).Add("b.png", ImageBytes.Png(1, 1, 8, ImageBytes.Rgb, (_, _) => [1, 2, 3])).Load(_context, Size);

        Assert.Equal(data.GetColumn<float[]>("Pixels"), ReadAll(data, "Pixels", "Label", "Image"));
    }

    private IDataView LoadWithOneBroken()
    {
        for (int i = 0; i < 2 * Broken; i++)
            _folder.Add($"{i:d4}.png", i == Broken ? "broken"u8.ToArray() : Good);
        return _folder.Load(_context, Size);
    }

    private float[][] ReadAll(IDataView data, params string[] columns)
    {
        DataViewSchema.Column pixels = data.Schema["Pixels"];
        using var cursor = new SourceCursor(_host, data, pixels, data.GetRowCursor(columns.Select(name => data.Schema[name])));
        return Read(cursor, pixels);
    }

    private static float[][] Read(SourceCursor cursor, DataViewSchema.Column pixels)
    {
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(pixels);
        VBuffer<float> values = default;
        var rows = new List<float[]>();
        while (cursor.MoveNext())
        {
            getter(ref values);
            rows.Add([.. values.DenseValues()]);
        }

        return [.. rows];
    }

    private static InvalidOperationException Fail(Action action)
    {
        var failure = Assert.Throws<InvalidOperationException>(action);
        Assert.True(failure.Data.Contains("ML_IsMarked"));
        return failure;
    }

    private static IEnumerable<PixelsRow> Rows(int count, Func<int, float[]> pixels)
    {
        for (int i = 0; i < count; i++)
            yield return new PixelsRow { Pixels = pixels(i) };
    }

    private sealed class PixelsRow
    {
        [VectorType(4)]
        public float[]? Pixels { get; set; }
    }

    private sealed class ImageRow
    {
        [ImageType(Size, Size)]
        public MLImage? Image { get; set; }
    }
}
