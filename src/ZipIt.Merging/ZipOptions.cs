using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>How networks are zipped.</summary>
public sealed record ZipOptions
{
    /// <summary>The options of a ready-made combination. <c>new ZipOptions()</c> are those of <see cref="ZipMethod.Best"/>.</summary>
    /// <param name="method">The combination.</param>
    /// <param name="tasks">The members' tasks if they are known; see <see cref="Tasks"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such combination.</exception>
    public static ZipOptions For(ZipMethod method, IReadOnlyList<ClassificationTask>? tasks = null)
    {
        ZipOptions options = method switch
        {
            ZipMethod.Best => new ZipOptions(),
            ZipMethod.Paper => new ZipOptions { Matcher = new ZipMatcher(), ImportanceSweeps = 0, ShareNormalization = false, Refit = null },
            ZipMethod.PaperWithRefit => new ZipOptions { Matcher = new ZipMatcher(), ImportanceSweeps = 0, ShareNormalization = false },
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Expected one of the named methods."),
        };
        return options with { Tasks = tasks ?? [] };
    }

    /// <summary>
    /// The tasks that the outputs serve, in the order of their classes, if they are known. Members then count by their numbers of classes, the scores of
    /// different tasks are made comparable, and the report says what each task loses. Default none.
    /// </summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; init; } = [];

    /// <summary>Decides which features are merged. Default: <see cref="SelectionMatcher"/>; <see cref="ZipMatcher"/> is the method of the paper.</summary>
    public IMatcher Matcher { get; init; } = new SelectionMatcher();

    /// <summary>How far the tasks share one network. Default: everything before the heads.</summary>
    public ZipCut Cut { get; init; } = ZipCut.BeforeHeads;

    /// <summary>
    /// Largest loss of joint accuracy against all members side by side, from 0 to 1, as <see cref="ZipReport.Loss"/> estimates it from the calibration images
    /// without labels. If the zip up to <see cref="Cut"/> loses more, earlier cuts are tried, the cheapest first: behind each stage, and at last the
    /// ensemble, which loses nothing. Each takes as long as a zip does without the pass of the members. Needs <see cref="Tasks"/>, and no
    /// <see cref="FlopsBudget"/>. Null (default) for the zip up to <see cref="Cut"/>, whatever it loses.
    /// </summary>
    public double? MaximumLoss { get; init; }

    /// <summary>What stays per model at the front ("start at"): only nodes behind this cut are shared. Default: nothing.</summary>
    public ZipCut Start { get; init; } = ZipCut.Nothing;

    /// <summary>
    /// Whether members that normalize images differently share the normalization of the first one, so that their first layers are merged too (our extension):
    /// the convolutions behind take in the difference, exactly but for the zeros that they pad with. Otherwise the layers that read differently normalized
    /// images stay apart. Default true; false for the paper's method.
    /// </summary>
    public bool ShareNormalization { get; init; } = true;

    /// <summary>
    /// How often matching is repeated with importances that count only what the spaces behind keep, for matchers that use importance (our extension). Default
    /// 1.
    /// </summary>
    public int ImportanceSweeps { get; init; } = 1;

    /// <summary>
    /// Multiply-adds that the zipped network may take, as a multiple of its costliest member's; widths of spaces are then chosen by what a selection of
    /// features leaves unexplained (our extension). Null (default) for the widths that <see cref="Widths"/> names.
    /// </summary>
    public double? FlopsBudget { get; init; }

    /// <summary>
    /// Number of merged features of spaces, by <see cref="FeatureSpace.Name"/>, from 1 to the number of all members' features; spaces that are not named keep
    /// the widest member's width. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, int> Widths { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// How weights are refitted by least squares after merging; null for not at all, as in the paper. Default: as <see cref="RefitOptions"/> has it.
    /// </summary>
    public RefitOptions? Refit { get; init; } = new();

    /// <summary>
    /// Whether batch normalization is reset with the calibration images after merging, unless a refit folds it. Layers without one, as in a network whose
    /// normalization was folded when it was exported, get the mean and the deviation of their outputs back by a scale and a shift of their weights. Default
    /// true.
    /// </summary>
    public bool ResetBatchNorm { get; init; } = true;

    /// <summary>
    /// Whether calibration images are shuffled for the reset of batch normalization, so that every batch mixes all tasks. Default true; switch it off for
    /// images that are mixed already.
    /// </summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>
    /// What is done about calibration images that do not look like those that a member was trained on, as its batch normalization tells
    /// (<see cref="StatisticsShift"/>). Default: they are refused if the member is about as good as guessing on them, otherwise the report warns of them.
    /// </summary>
    public CalibrationCheck CalibrationCheck { get; init; }

    /// <summary>Seed of the shuffling. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Number of images per batch of the reset, and largest number per run; at least 2. Large images run in smaller groups. Default 100.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>Number of threads; 0 for one per processor. Results do not depend on it. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>The engine that runs networks. Default: <see cref="CpuEngine"/>.</summary>
    public INetworkEngine Engine { get; init; } = new CpuEngine();
}
