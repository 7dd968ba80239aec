using Microsoft.ML;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <content>The options.</content>
public sealed partial class ImageClassifierTrainer
{
    /// <summary>How an image classifier is trained.</summary>
    public sealed class Options
    {
        /// <summary>
        /// Name of the column with the pixels: a known-sized vector of <see cref="float"/>, planar, 0–255, as <c>ExtractPixels</c> gives them.
        /// </summary>
        public string InputColumnName = "Pixels";

        /// <summary>Name of the column with the classes: keys, as <c>MapValueToKey</c> gives them.</summary>
        public string LabelColumnName = "Label";

        /// <summary>Name of the task; begins the names of its own output columns. Classifiers that are zipped need different ones.</summary>
        public string TaskName = "Class";

        /// <summary>What the names of all output columns begin with.</summary>
        public string OutputColumnNamePrefix = "";

        /// <summary>The kind of network.</summary>
        public ImageArchitecture Architecture = ImageArchitecture.CifarResNet();

        /// <summary>
        /// Vectors that the network's output is compared with, one for each class in the order of the keys; null for one score per class. Classifiers with
        /// prototypes of one length can be zipped as a whole.
        /// </summary>
        public ClassPrototypes? Prototypes = null;

        /// <summary>Size of the images, needed if the pixel column does not tell its dimensions; null for what it tells.</summary>
        public Size2? ImageSize = null;

        /// <summary>
        /// The network's first layer, which normalizes pixels; null for the mean and deviation of ImageNet's colours. Classifiers that are zipped should have
        /// one and the same.
        /// </summary>
        public ChannelAffine? Normalization = null;

        /// <summary>Number of passes over the images.</summary>
        public int Epochs = 30;

        /// <summary>Number of images of a step; at least 2.</summary>
        public int BatchSize = 128;

        /// <summary>Largest learning rate; <see cref="Schedule"/> says how it changes.</summary>
        public double LearningRate = 0.1;

        /// <summary>How the learning rate changes in the course of the training.</summary>
        public LearningRateSchedule Schedule = LearningRateSchedule.Cosine();

        /// <summary>Share of the last step's direction that is kept, 0 … 1 (exclusive).</summary>
        public double Momentum = 0.9;

        /// <summary>Whether the momentum looks ahead (Nesterov).</summary>
        public bool Nesterov = true;

        /// <summary>Weight of the squared weights in the loss; at least 0.</summary>
        public double WeightDecay = 5e-4;

        /// <summary>Share of the target that is spread over all classes, 0 … 1 (exclusive) (Szegedy et al. 2016, section 7).</summary>
        public double LabelSmoothing = 0;

        /// <summary>Whether half of the images are shown flipped from left to right.</summary>
        public bool HorizontalFlip = true;

        /// <summary>Number of pixels that are added on each side of an image before one of the old size is cropped out of it at random; 0 for none.</summary>
        public int CropPadding = 4;

        /// <summary>Images to measure accuracy with after each epoch, with the same columns; null for none.</summary>
        public IDataView? ValidationSet = null;

        /// <summary>
        /// Number of epochs without a better accuracy on the <see cref="ValidationSet"/> after which the training ends; the best epoch's weights are then the
        /// result. Null for all epochs, and the last weights.
        /// </summary>
        public int? EarlyStoppingPatience = null;

        /// <summary>
        /// Seed of first weights, order and augmentation; null for that of the <see cref="MLContext"/>, or 1 if it has none. On one machine, the same seed,
        /// options, data and number of libtorch's threads give the same weights.
        /// </summary>
        public int? Seed = null;

        /// <summary>
        /// Is told after each epoch, and several times a second in between; null for nobody. The log of the <see cref="MLContext"/> is told in any case.
        /// </summary>
        public IProgress<ImageTrainingProgress>? Progress = null;

        /// <summary>What runs the trained network when it scores; null for <see cref="CpuEngine"/>. It is not stored in the model.</summary>
        public INetworkEngine? Engine = null;

        /// <summary>Ends a training between two batches.</summary>
        public CancellationToken CancellationToken = default;

        internal Options Clone() => (Options)MemberwiseClone();

        /// <summary>Checks the ranges.</summary>
        /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
        internal void Check()
        {
            ArgumentException.ThrowIfNullOrEmpty(InputColumnName, nameof(InputColumnName));
            ArgumentException.ThrowIfNullOrEmpty(LabelColumnName, nameof(LabelColumnName));
            ArgumentException.ThrowIfNullOrEmpty(TaskName, nameof(TaskName));
            ArgumentNullException.ThrowIfNull(OutputColumnNamePrefix, nameof(OutputColumnNamePrefix));
            ArgumentNullException.ThrowIfNull(Architecture, nameof(Architecture));
            ArgumentNullException.ThrowIfNull(Schedule, nameof(Schedule));
            Expect(Epochs >= 1, Epochs, nameof(Epochs), "a number of at least 1");
            const int MostImages = ZipEstimator.Options.Defaults.MaximumBatchSize;
            Expect(BatchSize is >= 2 and <= MostImages, BatchSize, nameof(BatchSize), $"a number between 2 and {MostImages}");
            Expect(LearningRate > 0 && double.IsFinite(LearningRate), LearningRate, nameof(LearningRate), "a positive number");
            Expect(Momentum is >= 0 and < 1, Momentum, nameof(Momentum), "a number of at least 0 and below 1");
            Expect(WeightDecay >= 0 && double.IsFinite(WeightDecay), WeightDecay, nameof(WeightDecay), "a number of at least 0");
            Expect(LabelSmoothing is >= 0 and < 1, LabelSmoothing, nameof(LabelSmoothing), "a number of at least 0 and below 1");
            Expect(CropPadding >= 0, CropPadding, nameof(CropPadding), "a number of at least 0");
            Expect(EarlyStoppingPatience is null or >= 1, EarlyStoppingPatience, nameof(EarlyStoppingPatience), "a number of at least 1");
            if (EarlyStoppingPatience is not null && ValidationSet is null)
                throw new ArgumentException($"{nameof(EarlyStoppingPatience)} needs a {nameof(ValidationSet)} to measure with.", nameof(EarlyStoppingPatience));
        }

        private static void Expect(bool isRight, object? found, string name, string expected)
        {
            if (!isRight)
                throw new ArgumentOutOfRangeException(name, found, $"Expected {expected}.");
        }
    }
}
