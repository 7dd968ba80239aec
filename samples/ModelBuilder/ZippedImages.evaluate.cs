using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZipIt.MLNet;

namespace ModelBuilder;

/// <content>Measures the model.</content>
public partial class ZippedImages
{
    private const int Regions = 4;

    /// <summary>Measures over the classes of both tasks together, and for each task by itself.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="testData">Labelled images.</param>
    /// <param name="model">The model.</param>
    /// <param name="labelColumnName">Name of the column with the true classes.</param>
    public static ZipMetrics Evaluate(MLContext mlContext, IDataView testData, ITransformer model, string labelColumnName = LabelColumn) =>
        mlContext.MulticlassClassification.EvaluateZip(model.Transform(testData), labelColumnName);

    /// <summary>
    /// Permutation feature importance: how much accuracy is lost when images exchange a region. The features of an image are its regions, a grid of 4×4;
    /// pixel by pixel, nothing would be lost.
    /// </summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="trainData">Labelled images of <see cref="LoadImageFromFolder"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="labelColumnName">Name of the column with the true classes.</param>
    /// <returns>Regions with the joint accuracy that is lost without them, 0 … 1, the most important first.</returns>
    public static List<Tuple<string, double>> CalculatePFI(MLContext mlContext, IDataView trainData, ITransformer model, string labelColumnName)
    {
        var order = new Random(1);
        DecodedImage[] images = [.. mlContext.Data.CreateEnumerable<SourceRow>(trainData, reuseRowObject: false).Select(row => DecodedImage.Decode(row))];
        DecodedImage[] partners = [.. images];
        order.Shuffle(partners);

        double complete = Accuracy(images);
        return [.. Enumerable.Range(0, Regions * Regions)
            .Select(region => Tuple.Create(
                $"row {region / Regions + 1}, column {region % Regions + 1}",
                complete - Accuracy(images.Zip(partners, (image, partner) => image.WithRegionOf(partner, region / Regions, region % Regions)))))
            .OrderByDescending(importance => importance.Item2)];

        double Accuracy(IEnumerable<DecodedImage> rows) =>
            Evaluate(mlContext, mlContext.Data.LoadFromEnumerable(rows), model, labelColumnName).JointAccuracy;
    }

    private sealed class SourceRow
    {
        [ColumnName(LabelColumn)]
        public string? Label { get; set; }

        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];
    }

    /// <summary>An image of the model's size in memory, four bytes to a pixel.</summary>
    private sealed class DecodedImage
    {
        private const int BytesPerPixel = 4;

        private byte[] _pixels = [];
        private MLPixelFormat _format;

        [ColumnName(LabelColumn)]
        public string? Label { get; private init; }

        [ColumnName(ImageColumn)]
        [ImageType(ImageHeight, ImageWidth)]
        public MLImage Image => MLImage.CreateFromPixels(ImageWidth, ImageHeight, _format, _pixels);

        public static DecodedImage Decode(SourceRow row)
        {
            using MLImage image = MLImage.CreateFromStream(new MemoryStream(row.ImageSource, writable: false));
            if (image.Width != ImageWidth || image.Height != ImageHeight)
                throw new InvalidDataException($"Expected images of {ImageWidth}×{ImageHeight} pixels, found one of {image.Width}×{image.Height}.");
            return new DecodedImage { Label = row.Label, _format = image.PixelFormat, _pixels = image.Pixels.ToArray() };
        }

        public DecodedImage WithRegionOf(DecodedImage other, int row, int column)
        {
            byte[] pixels = [.. _pixels];
            int width = BytesPerPixel * ImageWidth / Regions, height = ImageHeight / Regions;
            for (int y = row * height; y < (row + 1) * height; y++)
            {
                int start = y * BytesPerPixel * ImageWidth + column * width;
                other._pixels.AsSpan(start, width).CopyTo(pixels.AsSpan(start));
            }

            return new DecodedImage { Label = Label, _format = _format, _pixels = pixels };
        }
    }
}
