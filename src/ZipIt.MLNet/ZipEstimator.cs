using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.MLNet.Friend;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>Merges trained image classifiers into one multi-task network, without training.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes: a few hundred unlabelled images of all tasks |
/// | Input column data type | Known-sized vector of <xref:System.Single>, planar pixels of 0–255 as `ExtractPixels` gives them |
/// | Output column data type | `PredictedLabel`: [key](xref:Microsoft.ML.Data.KeyDataViewType); `Score`: vector of <xref:System.Single>; and the same two for
/// each task | | Required NuGet in addition to Microsoft.ML | ZipIt.MLNet |
/// | Exportable to ONNX | Yes |
///
/// Fitting goes over the calibration images several times. The first pass measures, in every layer, how the features of all classifiers vary together, and
/// decides which merged features stand for them, so that the weights of all classifiers fold into one set (Stoica et al., *ZipIt! Merging Models from Different
/// Tasks without Training*, ICLR 2024, [arXiv:2305.03053](https://arxiv.org/abs/2305.03053)). The others repair what the merge has lost: by default they
/// refit the merged weights layer by layer, in closed form; with <xref:ZipIt.Merging.ZipMethod.Paper> they recompute the statistics of batch normalization. The
/// images need no labels, but they must show what all tasks are about; a few hundred are enough, and the refit gains from a thousand.
///
/// As long as their pixels take no more than 256 MiB (21,845 images of 3×32×32, 445 of 3×224×224), they are read once and kept until the fit is done. Then it
/// does not matter whether the data gives its rows in another order each time, gives other augmentations, or can be read only once. More images are read again
/// for each pass, and must be the same ones in the same order: a hash of each row is checked, and another row is an error. Such data can be fitted on
/// `mlContext.Data.Cache(data, "Pixels", …)`, with the names of all columns that are read. (A cache without names is filled column by column, each time from
/// another pass.)
///
/// The resulting <xref:ZipIt.MLNet.ZipTransformer> adds these columns, in this order (all names begin with
/// <xref:ZipIt.MLNet.ZipEstimator.Options.OutputColumnNamePrefix>):
///
/// | Column | Type | Content |
/// | -- | -- | -- |
/// | `PredictedLabel` | key | the most probable class of all tasks; its key values are the labels of all tasks |
/// | `Score` | vector of Single | one probability for each class of all tasks; slot names are the labels |
/// | `<Task>.PredictedLabel` | key | the most probable class of one task |
/// | `<Task>.Score` | vector of Single | one probability for each class of that task |
///
/// Keys are numbered in the order of the scores. ML.NET's `Evaluate` compares the keys of a label column with the scores **by number, not by name**, and
/// `MapValueToKey` numbers classes as they come: together they give a wrong accuracy without an error. Make the label column with
/// <xref:Microsoft.ML.ZipCatalog.MapLabelToKey*>, or measure with <xref:Microsoft.ML.ZipCatalog.EvaluateZip*>, which compares names.
///
/// Each pass over the result runs the network anew. A trainer behind a zip may pass thousands of times, as SDCA does: put `AppendCacheCheckpoint(mlContext)`
/// between them.
///
/// A row with a pixel that is no finite number or beyond ±1e12 gets missing labels and scores of NaN, and so does a row whose outputs are too large for a
/// float; in calibration, rows with such pixels are left out. With a single classifier nothing is merged and no image is read: the estimator then just makes a
/// transformer of it.
///
/// Whether calibration images look like those that each classifier was trained on is told by its batch normalization: a warning names the likely causes, and
/// images on which a classifier can only guess are refused (<xref:ZipIt.MLNet.ZipEstimator.Options.CalibrationCheck>).
///
/// All that can be wrong with classifiers and options is found when the estimator is made, all that can be wrong with the schema before the first image is
/// read. A fit ends when the context is stopped (`CancelExecution`), or with <xref:ZipIt.MLNet.ZipEstimator.Options.CancellationToken>.
/// ]]></format>
/// </remarks>
/// <seealso cref="ZipCatalog.Zip(TransformsCatalog, string, ZipClassifier[])"/>
/// <seealso cref="ZipCatalog.Zip(TransformsCatalog, Options, ZipClassifier[])"/>
public sealed partial class ZipEstimator : IEstimator<ZipTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly ZipClassifier[] _classifiers;
    private readonly ClassificationTask[] _tasks;
    private readonly INetworkEngine _engine;
    private readonly OutputColumns _outputs;
    private readonly Zipper? _zipper;

    /// <summary>Checks classifiers and options.</summary>
    /// <exception cref="ArgumentException">The classifiers cannot be merged as the options ask.</exception>
    internal ZipEstimator(IHostEnvironment env, Options options, IReadOnlyList<ZipClassifier> classifiers)
    {
        ArgumentNullException.ThrowIfNull(env);
        _host = env.Register(nameof(ZipEstimator));
        try
        {
            ArgumentNullException.ThrowIfNull(options);
            ArgumentNullException.ThrowIfNull(classifiers);
            _options = options.Clone();
            _options.Check();
            if (classifiers.Count == 0 || classifiers.Contains(null!))
                throw new ArgumentException("Expected at least one classifier.", nameof(classifiers));
            _classifiers = [.. classifiers];
            _tasks = [.. classifiers.SelectMany(classifier => classifier.Tasks)];
            TaskScorer.Check(_tasks, _options.ChosenScoring, _options.SharedLabels);
            _outputs = new OutputColumns(_options.OutputColumnNamePrefix, _tasks);
            _engine = _options.Engine ?? new CpuEngine();
            CheckSharedOutputs();
            if (_classifiers.Length > 1)
                _zipper = CreateZipper(ToZipOptions(env));
        }
        catch (Exception invalid)
        {
            _host.Process(invalid);
            throw;
        }
    }

    /// <summary>Merges the classifiers.</summary>
    /// <param name="input">Calibration images of all tasks, as pixels.</param>
    /// <returns>The merged network as a transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The pixel column is missing, or has another type or size than the networks take.</exception>
    /// <exception cref="InvalidOperationException">
    /// There are fewer than two images, or more than are kept in memory, and the data does not give the same ones in the same order each time; or a classifier
    /// cannot have been trained on such images (<see cref="Options.CalibrationCheck"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The cancellation token of the options was set, or the context was stopped.</exception>
    public ZipTransformer Fit(IDataView input)
    {
        if (input is null)
            throw _host.Process(new ArgumentNullException(nameof(input)));
        Network first = _classifiers[0].Network;
        ReadOnlySpan<int> shape = first.ShapeOf(first.Inputs[0]);
        DataViewSchema.Column column = PixelColumn.Find(_host, input.Schema, _options.InputColumnName, shape);
        if (_zipper is null)
            return CreateTransformer(first, _tasks, null);

        using IChannel channel = _host.Start("Fit");
        using var cancellation = new ContextCancellation(_host, _options.CancellationToken);
        var log = new FitLog(channel, _options.Progress);
        var images = new DataViewImages(_host, input, column, shape, _options.MaximumNumberOfCalibrationImages, log.ReportImages, cancellation.Token);
        WarnBefore(log);
        try
        {
            ZipResult result = _zipper.Zip(images, log, cancellation.Token);
            WarnAfter(log, images, result.Report);
            return CreateTransformer(result.Network, result.Tasks, result.Report);
        }
        catch (OperationCanceledException) when (cancellation.Token.IsCancellationRequested)
        {
            throw _host.Process(cancellation.ToException());
        }
        catch (Exception failure)
        {
            _host.Process(failure);
            throw;
        }
    }

    /// <summary>What the transformer will add to a schema.</summary>
    /// <param name="inputSchema">Shape of the input's schema.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel column is missing, or is no vector of Single of known size.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        PixelColumn.Check(_host, inputSchema, _options.InputColumnName);
        return OutputShapes.AddTo(inputSchema, _outputs);
    }

    private ZipTransformer CreateTransformer(Network network, IReadOnlyList<ClassificationTask> tasks, ZipReport? report) => new(
        _host,
        new ScoringModel(network, tasks, _options.ChosenScoring, _options.SharedLabels, _engine, _options.BatchSize, _options.NumberOfThreads),
        _options.InputColumnName,
        _options.OutputColumnNamePrefix,
        report);

    private Zipper CreateZipper(ZipOptions options)
    {
        try
        {
            return new Zipper([.. _classifiers.Select(classifier => new ZipMember(classifier.Name, classifier.Network))], options);
        }
        catch (ArgumentException mismatch) when (DescribeDifference() is { } difference)
        {
            throw new ArgumentException($"{difference} {mismatch.Message}", "classifiers", mismatch);
        }
    }

    /// <summary>Which classifiers are of different architectures; null if all are of one. It says more than the first layers that differ.</summary>
    private string? DescribeDifference()
    {
        ZipClassifier first = _classifiers[0];
        ZipClassifier? other = Array.Find(_classifiers, classifier => classifier.Architecture != first.Architecture);
        return other is null ? null : $"'{first.Name}' is a {first.Architecture} and '{other.Name}' a {other.Architecture}: networks can share what they have in common.";
    }

    private ZipOptions ToZipOptions(IHostEnvironment env)
    {
        ZipOptions method = ZipOptions.For(_options.Method, _tasks);
        IMatcher ownMatcher = method.Matcher is ZipMatcher ? new ZipMatcher { Alpha = _options.Alpha, Beta = _options.Beta } : method.Matcher;
        return method with
        {
            Matcher = _options.Matcher ?? ownMatcher,
            Cut = _options.Cut ?? ChooseCut(),
            Start = _options.Start ?? ZipCut.Nothing,
            FlopsBudget = _options.FlopsBudget,
            MaximumLoss = _options.MaximumLoss,
            ShareNormalization = _options.ShareNormalization ?? method.ShareNormalization,
            CalibrationCheck = _options.CalibrationCheck,
            Refit = _options.Refit ?? method.Refit,
            ResetBatchNorm = _options.ResetBatchNorm,
            Seed = _options.Seed ?? HostAccess.FindSeed(env) ?? Options.Defaults.Seed,
            BatchSize = _options.CalibrationBatchSize,
            Threads = _options.NumberOfThreads,
            Engine = _engine,
        };
    }

    /// <summary>Outputs can be shared if they mean the same everywhere: embeddings of one length.</summary>
    private ZipCut ChooseCut() => _tasks.All(task => task.Prototypes is not null && task.OutputLength == _tasks[0].OutputLength)
        ? ZipCut.Everything
        : ZipCut.BeforeHeads;

    private void CheckSharedOutputs()
    {
        if (_classifiers.Length > 1 && _options.Cut == ZipCut.Everything && _tasks.FirstOrDefault(task => task.Prototypes is null) is { } scored)
        {
            throw new ArgumentException(
                $"Task '{scored.Name}' has class scores, which mean its own classes only, so its output cannot be shared. Cut before the heads.",
                nameof(Options.Cut));
        }
    }

    private void WarnBefore(FitLog log)
    {
        log.Write($"Zipping {string.Join(", ", _classifiers.Select(classifier => $"'{classifier.Name}'"))}: {_zipper!.Options.Matcher.Name}, shared: {_zipper.Options.Cut}.");
        foreach (ZipClassifier classifier in _classifiers.Where(classifier => !FirstLayer.IsSame(classifier.Network, _classifiers[0].Network)))
        {
            string difference = $"'{classifier.Name}' and '{_classifiers[0].Name}' normalize pixels differently";
            if (_zipper.SharesNormalization)
                log.Write($"{difference}; the first convolutions take in the difference.");
            else
                log.Warn($"{difference}, so their first layers stay apart.{(_zipper.Options.ShareNormalization ? "" : $" With {nameof(Options.ShareNormalization)} they are merged.")}");
        }
    }

    private static void WarnAfter(FitLog log, DataViewImages images, ZipReport report)
    {
        if (images.Skipped > 0)
        {
            log.Warn(
                $"{images.Skipped} of {images.Skipped + images.Count} calibration images have values that are no pixels, not finite or beyond ±{PixelReader.LargestValue:0e0}, " +
                "and were left out.");
        }

        foreach (string warning in report.Warnings)
            log.Warn(warning);
        foreach (CutReport cut in report.Cuts)
            log.Write(string.Create(CultureInfo.InvariantCulture,
                $"Shared {cut.Cut}: {cut.MultiplyAdds:N0} multiply-adds per image, estimated loss {cut.Loss:0.000}."));
        log.Write(string.Create(CultureInfo.InvariantCulture,
            $"Zipped: {report.Cost.MultiplyAdds:N0} multiply-adds per image instead of {report.EnsembleCost.MultiplyAdds:N0}."));
    }
}
