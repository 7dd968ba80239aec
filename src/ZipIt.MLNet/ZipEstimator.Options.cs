using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <content>The options.</content>
public sealed partial class ZipEstimator
{
    /// <summary>
    /// How <see cref="ZipCatalog.Zip(TransformsCatalog, Options, ZipClassifier[])"/> merges and scores.
    /// </summary>
    public sealed class Options
    {
        /// <summary>
        /// Name of the column with the pixels: a known-sized vector of <see cref="float"/>, planar, 0–255, as <c>ExtractPixels</c> gives them.
        /// </summary>
        public string InputColumnName = Defaults.InputColumnName;

        /// <summary>What the names of all output columns begin with.</summary>
        public string OutputColumnNamePrefix = "";

        /// <summary>
        /// Ready-made combination of matching and repair. The default is the most accurate one; <see cref="ZipMethod.Paper"/> is the method of the paper
        /// exactly.
        /// </summary>
        public ZipMethod Method = ZipMethod.Best;

        /// <summary>
        /// Decides which features are merged, by what they do on the calibration images or, with <see cref="WeightMatcher"/>, by the classifiers' weights; null
        /// for the matcher of <see cref="Method"/>.
        /// </summary>
        public IMatcher? Matcher = null;

        /// <summary>
        /// How much of its similarity a feature keeps when it is merged once more, 0 … 1 (paper, section 4.3). Counts with the paper's matching only.
        /// </summary>
        public double Alpha = Defaults.Alpha;

        /// <summary>
        /// Share of the merges that may take place within each classifier, 0 … 1 (paper, section 4.3). Counts with the paper's matching only.
        /// </summary>
        public double Beta = Defaults.Beta;

        /// <summary>
        /// How far the tasks share one network; the rest stays per task. Null for as much as possible: <see cref="ZipCut.Everything"/> if all classifiers
        /// compare embeddings of one length with prototypes, otherwise <see cref="ZipCut.BeforeHeads"/>. Less sharing costs more time and is more accurate.
        /// </summary>
        public ZipCut? Cut = null;

        /// <summary>
        /// Largest loss of accuracy over the classes of all tasks, from 0 to 1, that the merged network may have against all classifiers side by side, as it is
        /// estimated from the calibration images without labels (<see cref="ZipReport.Loss"/>). If sharing as far as <see cref="Cut"/> says loses more, less is
        /// shared: up to each stage, the cheapest first, and at last nothing. The report lists what was tried (<see cref="ZipReport.Cuts"/>). Null for sharing
        /// as far as <see cref="Cut"/> says, whatever it loses.
        /// </summary>
        public double? MaximumLoss = null;

        /// <summary>What stays per classifier at the front; null for nothing.</summary>
        public ZipCut? Start = null;

        /// <summary>
        /// Multiply-adds that the merged network may take, as a multiple of the costliest classifier's: layers up to the cut then get widths of their own. Null
        /// for the classifiers' widths.
        /// </summary>
        public double? FlopsBudget = null;

        /// <summary>How the merged weights are refitted by least squares; null for what <see cref="Method"/> does.</summary>
        public RefitOptions? Refit = null;

        /// <summary>
        /// How the classes of several tasks are compared with each other; null (default) for <see cref="JointScoring.Calibrated"/>, and with
        /// <see cref="ZipMethod.Paper"/> for
        /// <see cref="JointScoring.Softmax"/>.
        /// </summary>
        public JointScoring? JointScoring = null;

        /// <summary>
        /// Whether classifiers may know the same class, by its label: a class "other", or all classes of two classifiers for one task. It then counts once
        /// among all classes, and its joint score is the mean over the tasks that know it. Otherwise a label in two tasks is an error. Default false.
        /// </summary>
        public bool SharedLabels = false;

        /// <summary>Whether the statistics of batch normalization are recomputed with the calibration images after merging, unless a refit folds it.</summary>
        public bool ResetBatchNorm = true;

        /// <summary>
        /// Whether classifiers that normalize pixels differently share the normalization of the first one, so that their first layers are merged too; null for
        /// what <see cref="Method"/> does. The difference is folded into the first convolutions, exactly but for the border of the image, where they pad with
        /// zeros.
        /// </summary>
        public bool? ShareNormalization = null;

        /// <summary>
        /// What is done about calibration images that do not look like those that a classifier was trained on (<see cref="StatisticsShift"/>). By default they
        /// are refused if the classifier is about as good as guessing on them, and otherwise a warning names the likely causes.
        /// </summary>
        public CalibrationCheck CalibrationCheck = CalibrationCheck.Refuse;

        /// <summary>Number of rows that are scored together. Scores do not depend on it.</summary>
        public int BatchSize = Defaults.BatchSize;

        /// <summary>Number of calibration images that are run, and normalized, together; at least 2.</summary>
        public int CalibrationBatchSize = Defaults.CalibrationBatchSize;

        /// <summary>
        /// Largest number of calibration images that are used; null for all. The first ones are taken, so the data must not be sorted by class.
        /// </summary>
        public int? MaximumNumberOfCalibrationImages = null;

        /// <summary>Number of threads for fitting and scoring; 0 for one per processor. Results do not depend on it.</summary>
        public int NumberOfThreads = 0;

        /// <summary>
        /// Seed of the order in which calibration images are mixed; null for that of the <see cref="MLContext"/>, or 1 if it has none. The same seed, options
        /// and data give bit-identical weights on processors with the same vector instructions (AVX-512, AVX2 or 128 bits); with other ones sums are rounded
        /// differently, and weights, though as good, are other ones.
        /// </summary>
        public int? Seed = null;

        /// <summary>What runs the networks; null for <see cref="CpuEngine"/>. It is not stored in the model.</summary>
        public INetworkEngine? Engine = null;

        /// <summary>
        /// Is told how far a fit has come, after each batch, feature space or layer, on the thread that fits; null for nobody. The log of the context tells it
        /// too, but seldom.
        /// </summary>
        public IProgress<ZipProgress>? Progress = null;

        /// <summary>Ends a fit between two batches.</summary>
        public CancellationToken CancellationToken = default;

        /// <summary>The rule that compares tasks.</summary>
        internal JointScoring ChosenScoring => JointScoring ?? (Method == ZipMethod.Paper ? Merging.JointScoring.Softmax : Merging.JointScoring.Calibrated);

        internal Options Clone() => (Options)MemberwiseClone();

        /// <summary>Checks the ranges.</summary>
        /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
        internal void Check()
        {
            ArgumentException.ThrowIfNullOrEmpty(InputColumnName, nameof(InputColumnName));
            ArgumentNullException.ThrowIfNull(OutputColumnNamePrefix, nameof(OutputColumnNamePrefix));
            if (!Enum.IsDefined(Method))
                throw new ArgumentOutOfRangeException(nameof(Method), Method, "Expected one of the named methods.");
            if (FlopsBudget is { } budget && !(budget > 0 && double.IsFinite(budget)))
                throw new ArgumentOutOfRangeException(nameof(FlopsBudget), budget, "Expected a positive multiple of one classifier's multiply-adds.");
            if (JointScoring is { } scoring && !Enum.IsDefined(scoring))
                throw new ArgumentOutOfRangeException(nameof(JointScoring), JointScoring, "Expected one of the named ways to compare tasks.");
            if (MaximumLoss is { } loss && !(loss is >= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(MaximumLoss), loss, "Expected a share between 0 and 1.");
            if (MaximumLoss is not null && FlopsBudget is not null)
                throw new ArgumentException($"Expected a {nameof(MaximumLoss)} or a {nameof(FlopsBudget)}, found both.", nameof(MaximumLoss));
            if (!Enum.IsDefined(CalibrationCheck))
                throw new ArgumentOutOfRangeException(nameof(CalibrationCheck), CalibrationCheck,
                    "Expected one of the named ways to check calibration images.");
            ExpectRange(BatchSize, 1, Defaults.MaximumBatchSize, nameof(BatchSize));
            ExpectRange(CalibrationBatchSize, 2, Defaults.MaximumBatchSize, nameof(CalibrationBatchSize));
            ExpectRange(MaximumNumberOfCalibrationImages ?? int.MaxValue, 2, int.MaxValue, nameof(MaximumNumberOfCalibrationImages));
            ExpectRange(NumberOfThreads, 0, int.MaxValue, nameof(NumberOfThreads));
            _ = new ZipMatcher { Alpha = Alpha, Beta = Beta };
        }

        private static void ExpectRange(int value, int least, int most, string name)
        {
            if (value < least || value > most)
                throw new ArgumentOutOfRangeException(name, value, most == int.MaxValue
                    ? $"Expected a number of at least {least}."
                    : $"Expected a number between {least} and {most}.");
        }

        /// <summary>Defaults that options and catalog methods share.</summary>
        internal static class Defaults
        {
            public const string InputColumnName = "Pixels";
            public const double Alpha = 0.3;
            public const double Beta = 0.125;
            public const int BatchSize = 32;
            public const int CalibrationBatchSize = 100;
            public const int MaximumBatchSize = 4096;
            public const int Seed = 1;
        }
    }
}
