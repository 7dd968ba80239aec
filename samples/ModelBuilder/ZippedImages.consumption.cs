using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ModelBuilder;

/// <summary>Classifies images of animals and vehicles with one network that was zipped from two.</summary>
public partial class ZippedImages
{
    private static readonly string MLNetModelPath = Path.Combine(AppContext.BaseDirectory, "ZippedImages.mlnet");

    /// <summary>Made from the model file when it is first used. A prediction engine serves one thread at a time.</summary>
    public static readonly Lazy<PredictionEngine<ModelInput, ModelOutput>> PredictEngine = new(CreatePredictEngine, true);

    /// <summary>Classifies one image.</summary>
    /// <param name="input">The image.</param>
    public static ModelOutput Predict(ModelInput input) => PredictEngine.Value.Predict(input);

    /// <summary>The probabilities of all classes of both tasks, the likeliest first.</summary>
    /// <param name="input">The image.</param>
    public static IOrderedEnumerable<KeyValuePair<string, float>> PredictAllLabels(ModelInput input) => GetSortedScoresWithLabels(Predict(input));

    /// <summary>The scores of a prediction with their labels, the largest first.</summary>
    /// <param name="result">The prediction.</param>
    public static IOrderedEnumerable<KeyValuePair<string, float>> GetSortedScoresWithLabels(ModelOutput result) =>
        GetLabels(result).Zip(result.Score, KeyValuePair.Create).OrderByDescending(pair => pair.Value);

    /// <summary>The labels in the order of the scores. The pipeline keeps the label column as a key for this: its key values are the model's labels.</summary>
    private static IEnumerable<string> GetLabels(ModelOutput result)
    {
        DataViewSchema.Column label = PredictEngine.Value.OutputSchema.GetColumnOrNull(LabelColumn)
            ?? throw new InvalidOperationException($"The model has no column '{LabelColumn}' to read the labels from.");
        VBuffer<ReadOnlyMemory<char>> labels = default;
        label.GetKeyValues(ref labels);
        return labels.DenseValues().Select(text => text.ToString()).Take(result.Score.Length);
    }

    private static PredictionEngine<ModelInput, ModelOutput> CreatePredictEngine()
    {
        var mlContext = new MLContext();
        ITransformer model = mlContext.Model.Load(MLNetModelPath, out _);
        return mlContext.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
    }

    /// <summary>An image, and its class if it is known.</summary>
    public class ModelInput
    {
        /// <summary>The class; not needed for predictions.</summary>
        [LoadColumn(0)]
        [ColumnName(LabelColumn)]
        public string? Label { get; set; }

        /// <summary>The bytes of an image file.</summary>
        [LoadColumn(1)]
        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];

        /// <summary>
        /// The decoded image, anew for each reader, which disposes it. It may have any size; the model resizes it.
        /// </summary>
        /// <remarks>
        /// No transform of ML.NET decodes a column of bytes, and a custom mapping that does is found again on loading only after the program has registered
        /// its assembly. Decoded here, the model begins with an image column, and plain <c>mlContext.Model.Load</c> is all that its users need.
        /// </remarks>
        [ColumnName(ImageColumn)]
        [ImageType(ImageHeight, ImageWidth)]
        public MLImage Image => MLImage.CreateFromStream(new MemoryStream(ImageSource, writable: false));
    }

    /// <summary>What the model says of an image.</summary>
    public class ModelOutput
    {
        /// <summary>The class that was given with the image: its number among the labels, from 1; 0 if none was given.</summary>
        [ColumnName(LabelColumn)]
        public uint Label { get; set; }

        /// <summary>The bytes of the image file.</summary>
        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];

        /// <summary>The likeliest class of both tasks.</summary>
        [ColumnName(@"PredictedLabel")]
        public string PredictedLabel { get; set; } = "";

        /// <summary>The probabilities of all classes of both tasks.</summary>
        [ColumnName(@"Score")]
        public float[] Score { get; set; } = [];

        /// <summary>The likeliest class of task A, whatever task B says.</summary>
        [ColumnName(@"A.PredictedLabel")]
        public string PredictedLabelOfA { get; set; } = "";

        /// <summary>The probabilities of task A's classes, which sum to 1.</summary>
        [ColumnName(@"A.Score")]
        public float[] ScoreOfA { get; set; } = [];

        /// <summary>The likeliest class of task B, whatever task A says.</summary>
        [ColumnName(@"B.PredictedLabel")]
        public string PredictedLabelOfB { get; set; } = "";

        /// <summary>The probabilities of task B's classes, which sum to 1.</summary>
        [ColumnName(@"B.Score")]
        public float[] ScoreOfB { get; set; } = [];
    }
}
