using System.Diagnostics;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace Curve;

/// <summary>Zips classifiers to several costs and measures each network.</summary>
internal sealed class Measurement
{
    private readonly ZipMember[] _members;
    private readonly ClassificationTask[] _tasks;
    private readonly InMemoryImages _test;
    private readonly InMemoryImages _calibration;
    private readonly bool _showLayers;
    private readonly string? _only;
    private readonly int _threads;
    private readonly CpuEngine _engine = new();
    private readonly Table _table = new Table().AddColumn("Network");
    private readonly double _unit;

    public Measurement(ZipClassifier[] classifiers, LabelledPixels test, LabelledPixels calibration, bool showLayers, string? only, int threads)
    {
        _members = [.. classifiers.Select(classifier => new ZipMember(classifier.Name, classifier.Network))];
        _tasks = [.. classifiers.SelectMany(classifier => classifier.Tasks)];
        string[] labels = [.. _tasks.SelectMany(task => task.Labels)];
        _test = new InMemoryImages(test.Pixels, [.. test.Labels.Select(label => Array.IndexOf(labels, label))]);
        _calibration = new InMemoryImages(calibration.Pixels);
        (_showLayers, _only, _threads) = (showLayers, only, threads);
        _unit = _members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds);
        foreach (string column in (string[])["FLOPs", "joint %", "avg %", "zip s", "of this refit"])
            _table.AddColumn(new TableColumn(column).RightAligned());
    }

    public void Run()
    {
        bool sharesHeads = _tasks.All(task => task.Prototypes is not null);
        int layers = _members[0].Network.Nodes.Count(node => node.Layer is Linear
            || (node.Layer is Conv2d && !node.Name.Contains("shortcut") && !node.Name.Contains("downsample")));
        ZipCut all = sharesHeads ? ZipCut.Everything : ZipCut.BeforeHeads;
        string full = $"{(sharesHeads ? layers : layers - 1)}/{layers}";
        (string Name, ZipCut Cut)[] cuts = [(full, all), .. new[] { 8, 6, 4, 3, 1 }.Select(ninths => Cut(1 + (layers - 2) * ninths / 9, layers))];

        ZipOptions paper = ZipOptions.For(ZipMethod.Paper, _tasks), best = ZipOptions.For(ZipMethod.Best, _tasks);
        ZipOptions refit = ZipOptions.For(ZipMethod.PaperWithRefit, _tasks);
        AnsiConsole.WriteLine($"{_calibration.Count} calibration images, {_test.Count} test images");
        Measure($"weight averaging {full}", paper with { Cut = all, Matcher = new IdentityMatcher() });
        Measure($"weight averaging + refit {full}", refit with { Cut = all, Matcher = new IdentityMatcher() });
        Measure($"permute + refit {full}", refit with { Cut = all, Matcher = new PermutationMatcher() });
        Measure($"ZipIt + refit {full}", refit with { Cut = all });
        Measure($"ZipIt (α 0.1, β 0.8) + refit {full}", refit with { Cut = all, Matcher = new ZipMatcher { Alpha = 0.1, Beta = 0.8 } });
        foreach ((string name, ZipCut cut) in cuts)
        {
            Measure($"ZipIt {name}", paper with { Cut = cut });
            Measure($"best {name}", best with { Cut = cut }, _showLayers && cut == all);
        }

        foreach (double budget in (double[])[1.2, 1.33, 1.66])
            Measure($"best {full}, budget {budget:F2}", best with { Cut = all, FlopsBudget = budget });
        Measure("ensemble", paper with { Cut = ZipCut.Nothing, ResetBatchNorm = false });
        Measure("ensemble, calibrated", best with { Cut = ZipCut.Nothing });
        AnsiConsole.Write(_table);
        AnsiConsole.WriteLine("FLOPs: multiply-adds per image, in multiples of one network's. Joint: the right one of all classes; avg: the right one of the image's own task, mean over tasks.");
    }

    /// <summary>A cut behind a number of layers, at the end of a residual block.</summary>
    private static (string Name, ZipCut Cut) Cut(int count, int layers) => ($"{count}/{layers}", ZipCut.AfterLayers(count));

    private void Measure(string name, ZipOptions options, bool showLayers = false)
    {
        if (_only is not null && !name.Contains(_only, StringComparison.OrdinalIgnoreCase))
            return;
        var clock = Stopwatch.StartNew();
        ZipResult result = new Zipper(_members, options with { Engine = _engine, Threads = _threads }).Zip(_calibration);
        double seconds = clock.Elapsed.TotalSeconds;
        JointScoring scoring = options.Refit is null ? JointScoring.Softmax : JointScoring.Calibrated; // the paper's rule for its method
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(result.Network, result.Tasks, _test, _engine, scoring, threads: _threads);
        string share = result.Report.Times.TryGetValue(ZipStage.Refit, out TimeSpan refit) ? $"{refit.TotalSeconds:F1}" : "";
        _table.AddRow(name, $"{result.Report.Cost.MultiplyAdds / _unit:F2}×", $"{100 * evaluation.JointAccuracy:F1}", $"{100 * evaluation.AverageAccuracy:F1}",
            $"{seconds:F1}", share);
        AnsiConsole.WriteLine($"{name}: {100 * evaluation.JointAccuracy:F2} / {100 * evaluation.AverageAccuracy:F2} at {result.Report.Cost.MultiplyAdds / _unit:F2}×");
        if (showLayers)
            ShowLayers(result.Report.Layers);
    }

    private static void ShowLayers(IReadOnlyList<LayerReport> layers)
    {
        var table = new Table().AddColumn("Layer");
        foreach (string column in (string[])["unknowns", "samples", "error before", "after"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (LayerReport layer in layers)
            table.AddRow(layer.Name, $"{layer.Unknowns}", $"{layer.Samples}", $"{layer.ErrorBefore:P1}", $"{layer.ErrorAfter:P1}");
        AnsiConsole.Write(table);
    }
}
