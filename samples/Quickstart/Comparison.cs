using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace Quickstart;

/// <summary>Zips classifiers in several ways, compares them, saves the zipped model and uses it.</summary>
internal sealed class Comparison(
    ZipClassifier[] classifiers, ImageSet test, ImageSet calibration, string? until, double alpha, double beta, int threads)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    private readonly MLContext _context = new(seed: 1);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lastLine;

    public void Run()
    {
        _context.Log += (_, message) =>
        {
            // The estimator tells about every step; what is worth reading here is where a step takes its time.
            if (message.Kind == ChannelMessageKind.Info && message.Source.Contains(nameof(ZipEstimator)) && _clock.Elapsed - _lastLine > LongestSilence)
                Say(message.RawMessage);
        };
        Say($"{classifiers.Length} classifiers: {string.Join("; ", classifiers.Select(classifier => classifier.ToString()))}");
        Say($"{calibration.Count} calibration images, {test.Count} test images");

        IDataView calibrationPixels = LoadPixels(calibration), testPixels = LoadPixels(test);
        var table = new Table().AddColumn("Model");
        foreach (string column in (string[])["FLOPs", "joint %", .. classifiers.Select(classifier => $"task {classifier.Name} %"), "avg %", "matching ms",
            "fit s"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (ZipClassifier classifier in classifiers)
            Measure(table, $"Model {classifier.Name}", new ZipEstimator.Options(), [classifier], calibrationPixels, testPixels);
        foreach ((string name, ZipEstimator.Options options) in ListMethods())
            Measure(table, name, options, classifiers, calibrationPixels, testPixels);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("FLOPs: multiply-adds per image. Joint: the right one of all classes; task: the right one of the image's own task; avg: their mean.");

        SaveLoadAndClassify();
        Say("done");
    }

    /// <summary>The rows of the table. Outputs that have one score per class cannot be shared: there, "all" ends before the last layer.</summary>
    private IEnumerable<(string Name, ZipEstimator.Options Options)> ListMethods()
    {
        int layers = CountLayers(classifiers[0].Network);
        bool sharesHeads = classifiers.All(classifier => classifier.Tasks.All(task => task.Prototypes is not null));
        ZipCut all = sharesHeads ? ZipCut.Everything : ZipCut.BeforeHeads;
        int allLayers = sharesHeads ? layers : layers - 1;

        yield return ($"weight averaging {allLayers}/{layers}", Zip(all, ZipMethod.Paper, new IdentityMatcher()));
        yield return ($"permute {allLayers}/{layers}", Zip(all, ZipMethod.Paper, new PermutationMatcher()));
        (int Count, ZipCut Cut)[] cuts = until switch
        {
            null => [(allLayers, all), .. ((int[])[2, 1]).Select(stages => 1 + (layers - 2) * stages / 3).Select(count => (count, ZipCut.AfterLayers(count)))],
            "all" => [(allLayers, all)],
            _ when int.TryParse(until, out int count) && count >= 1 && count < layers => [(count, ZipCut.AfterLayers(count))],
            _ => throw new ArgumentException($"--until takes 'all' or a number of layers from 1 to {layers - 1}, found '{until}'."),
        };
        foreach ((int count, ZipCut cut) in cuts)
            yield return ($"ZipIt {count}/{layers}", Zip(cut, ZipMethod.Paper));
        foreach ((int count, ZipCut cut) in cuts)
            yield return ($"select and refit {count}/{layers}", Zip(cut, ZipMethod.Best));
        yield return ("ensemble", Zip(ZipCut.Nothing, ZipMethod.Paper));
        yield return ("ensemble, calibrated", Zip(ZipCut.Nothing, ZipMethod.Best));

        ZipEstimator.Options Zip(ZipCut cut, ZipMethod method, IFeatureMatcher? matcher = null) =>
            new() { Method = method, Cut = cut, Matcher = matcher, Alpha = alpha, Beta = beta, NumberOfThreads = threads };
    }

    private void Measure(Table table, string name, ZipEstimator.Options options, ZipClassifier[] members, IDataView calibrationPixels, IDataView testPixels)
    {
        Say($"{name}: fitting on {calibration.Count} images, scoring {test.Count}");
        var clock = Stopwatch.StartNew();
        ZipTransformer model = _context.Transforms.Zip(options, members).Fit(calibrationPixels);
        double fitSeconds = clock.Elapsed.TotalSeconds;
        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(model.Transform(testPixels));

        // A single classifier does not know the other classifiers' classes: all their images count as wrong.
        double joint = metrics.JointAccuracy * metrics.NumberOfRows / test.Count;
        string[] tasks = [.. classifiers.Select(classifier =>
        {
            ZipTaskMetrics[] known = [.. metrics.Tasks.Where(task => classifier.Tasks.Any(own => own.Name == task.Name))];
            return known.Length == 0 ? "–" : Percent(known.Average(task => task.Accuracy));
        })];
        TimeSpan? matching = model.Report?.Times.GetValueOrDefault(ZipStage.Matching);
        table.AddRow([
            name,
            $"{NetworkCost.Of(model.Network).MultiplyAdds / 1e6:F1} M",
            Percent(joint),
            .. tasks,
            members.Length == classifiers.Length ? Percent(metrics.AverageAccuracy) : "–",
            matching is { TotalMilliseconds: > 0 } time ? $"{time.TotalMilliseconds:F1}" : "–",
            $"{fitSeconds:F2}",
        ]);
    }

    /// <summary>The rest of a model's life: pipeline, fit, save, load in a fresh context, score again, classify single images.</summary>
    private void SaveLoadAndClassify()
    {
        ITransformer model = FitPipeline();
        string path = Path.Combine(Path.GetTempPath(), $"zipped-{Environment.ProcessId}.zip");
        try
        {
            _context.Model.SaveZip(model, test.Load(_context).Schema, path);
            Say($"saved the zipped model: {new FileInfo(path).Length / 1024} KiB");

            var fresh = new MLContext();
            ITransformer loaded = fresh.Model.Load(path, out _);
            float[][] before = [.. model.Transform(test.Load(_context)).GetColumn<float[]>("Score")];
            float[][] after = [.. loaded.Transform(test.Load(fresh)).GetColumn<float[]>("Score")];
            int different = before.Zip(after).Count(pair => !pair.First.AsSpan().SequenceEqual(pair.Second));
            if (different > 0 || before.Length != after.Length)
                throw new InvalidOperationException($"The loaded model predicts {different} of {before.Length} images differently.");
            Say($"loaded it in a fresh context: {after.Length} predictions are identical bit for bit");

            ClassifySingleImages(fresh, loaded);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private ITransformer FitPipeline()
    {
        ZipEstimator zip = _context.Transforms.Zip(new ZipEstimator.Options { Alpha = alpha, Beta = beta, NumberOfThreads = threads }, classifiers);
        if (calibration.AreFiles)
        {
            TransformerChain<ZipTransformer> fitted = CreateLoading().Append(zip).Fit(calibration.Load(_context));
            return test.AreFiles ? fitted : fitted.LastTransformer;
        }

        ZipTransformer zipped = zip.Fit(calibration.Load(_context));
        return test.AreFiles ? CreateLoading().Fit(test.Load(_context)).Append(zipped) : zipped;
    }

    private void ClassifySingleImages(MLContext context, ITransformer model)
    {
        string[] labels = [.. classifiers.SelectMany(classifier => classifier.Labels)];
        int count = Math.Min(10, test.Count);
        var table = new Table().AddColumn("image").AddColumn("label").AddColumn(new TableColumn("probability").RightAligned());
        foreach ((string name, ImagePrediction prediction) in test.Classify(context, model,
            Enumerable.Range(0, count).Select(i => (int)((i + 0.5) * test.Count / count))))
        {
            float best = prediction.Score.Max();
            table.AddRow(Markup.Escape(name), Markup.Escape(labels[Array.IndexOf(prediction.Score, best)]), $"{Percent(best)} %");
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Decoded once, since every row of the table reads the pixels again.</summary>
    private IDataView LoadPixels(ImageSet images)
    {
        IDataView rows = images.Load(_context);
        if (!images.AreFiles)
            return rows;
        IDataView decoded = CreateLoading().Fit(rows).Transform(rows);
        SchemaDefinition schema = ImagePixels.DefineSchema((VectorDataViewType)decoded.Schema["Pixels"].Type);
        return _context.Data.LoadFromEnumerable(images.Read(_context, decoded), schema);
    }

    private IEstimator<ITransformer> CreateLoading()
    {
        Network network = classifiers[0].Network;
        ReadOnlySpan<int> shape = network.ShapeOf(network.Inputs[0]);
        return ImageSet.CreateLoading(_context, shape[2], shape[1]);
    }

    /// <summary>Number of Conv and Linear layers on the longest path from the input, shortcuts not counted: the 20 of a ResNet-20.</summary>
    private static int CountLayers(Network network)
    {
        var depth = new Dictionary<Node, int>();
        foreach (Node node in network.Nodes)
            depth[node] = node.Inputs.Select(input => depth[input]).DefaultIfEmpty().Max() + (node.Layer is Conv2d or Linear ? 1 : 0);
        return depth.Values.Max();
    }

    private void Say(string message)
    {
        _lastLine = _clock.Elapsed;
        AnsiConsole.MarkupLineInterpolated($"[grey]{_lastLine.TotalSeconds,6:F1} s[/]  {message}");
    }

    private static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture);
}
