using ZipIt.Merging;
using ZipIt.MLNet;

namespace ZipIt.Tool.Inputs;

/// <summary>All that a merge needs to know: what a recipe file says, or a command line.</summary>
internal sealed record Recipe
{
    /// <summary>The models, two or more.</summary>
    public required IReadOnlyList<ClassifierEntry> Models { get; init; }

    /// <summary>Folder or file of the calibration images.</summary>
    public required string Calibration { get; init; }

    /// <summary>Folder or file of labelled images that the result is measured on; null for none.</summary>
    public string? Images { get; init; }

    /// <summary>How features are merged.</summary>
    public MethodChoice Method { get; init; } = MethodChoice.Best;

    /// <summary>How far the models share one network; null for as far as they allow.</summary>
    public CutChoice? Cut { get; init; }

    /// <summary>Multiply-adds that the result may take, as a multiple of the costliest model's: the cut is found; null for no limit.</summary>
    public double? Budget { get; init; }

    /// <summary>Largest estimated loss of joint accuracy; null for any.</summary>
    public double? MaximumLoss { get; init; }

    /// <summary>What stays per model at the front; null for nothing.</summary>
    public CutChoice? Start { get; init; }

    /// <summary>Multiply-adds that the result may take in wider layers, as a multiple of the costliest model's; null for the models' widths.</summary>
    public double? Widen { get; init; }

    /// <summary>How the classes of several tasks are compared; null for what suits the method.</summary>
    public JointScoring? Joint { get; init; }

    /// <summary>Whether models may know the same class.</summary>
    public bool SharedLabels { get; init; }

    /// <summary>Whether models that normalize pixels differently share one normalization; null for what the method does.</summary>
    public bool? ShareNormalization { get; init; }

    /// <summary>What is done about images that the models were not trained on.</summary>
    public CalibrationCheck CalibrationCheck { get; init; }

    /// <summary>Largest number of calibration images; null for all.</summary>
    public int? MaximumCalibration { get; init; }

    /// <summary>Seed of the order of images; null for that of the session.</summary>
    public int? Seed { get; init; }

    /// <summary>What a saved model zip takes.</summary>
    public ModelInput Input { get; init; }

    /// <summary>Files to write.</summary>
    public required IReadOnlyList<string> Output { get; init; }

    /// <summary>The options of the estimator.</summary>
    /// <param name="session">Gives threads and engine, and is told how far the work has come.</param>
    public ZipEstimator.Options ToOptions(ToolSession session) => new()
    {
        Method = Method.Method,
        Matcher = Method.Matcher,
        Cut = Budget is { } budget ? ZipCut.WithinFlops(budget) : Cut?.Cut,
        MaximumLoss = MaximumLoss,
        Start = Start?.Cut,
        FlopsBudget = Widen,
        JointScoring = Joint,
        SharedLabels = SharedLabels,
        ShareNormalization = ShareNormalization,
        CalibrationCheck = CalibrationCheck,
        NumberOfThreads = session.Threads,
        Seed = Seed ?? session.Seed,
        Engine = session.Engine,
        Progress = session.Progress,
        CancellationToken = session.Cancellation,
    };
}
