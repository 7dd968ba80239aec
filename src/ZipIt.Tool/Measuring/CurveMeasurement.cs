using System.Diagnostics;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Measuring;

/// <summary>Zips models to several costs and measures each network.</summary>
/// <param name="session">The run.</param>
/// <param name="files">The models.</param>
/// <param name="trial">The images that networks are measured on.</param>
/// <param name="calibration">The images that zips are learnt from.</param>
/// <param name="sharedLabels">Whether models may know the same class.</param>
/// <param name="check">What is done about calibration images that the models were not trained on.</param>
internal sealed class CurveMeasurement(
    ToolSession session, IReadOnlyList<ModelFile> files, ImageTrial trial, PixelSource calibration, bool sharedLabels, CalibrationCheck check)
{
    private readonly ClassificationTask[] _tasks = [.. files.SelectMany(file => file.Tasks)];

    /// <summary>Multiply-adds of one network: the costliest.</summary>
    public long Unit { get; } = files.Max(file => file.Cost.MultiplyAdds);

    /// <summary>Names of all tasks.</summary>
    public IEnumerable<string> TaskNames => _tasks.Select(task => task.Name);

    /// <summary>The networks to measure. All that can be wrong with models and cuts is found here.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="cuts">The cuts; null for as far as possible and the end of each stage but the last.</param>
    /// <param name="withBaselines">Whether what one could do instead is measured too.</param>
    public IReadOnlyList<CurveRow> Plan(IReadOnlyList<MethodChoice> methods, IReadOnlyList<CutChoice>? cuts, bool withBaselines)
    {
        TaskScorer.Check(_tasks, JointScoring.Softmax, sharedLabels);
        ScoredNetwork[] members = [.. files.Select(ScoredNetwork.Of)];
        trial.Check(members);
        Network first = files[0].Network;
        int layers = Commands.LayerCount.Of(first);
        int stages = ZipCut.ListStages(first).Count;
        cuts ??= [new CutChoice("auto", null), .. Enumerable.Range(1, Math.Max(0, stages - 1)).Reverse().Select(stage => CutChoice.Parse($"stage:{stage}"))];
        CutChoice furthest = cuts[0];

        var rows = new List<CurveRow>();
        rows.AddRange(members.Select(member => new CurveRow(member.Name, CurveKind.Member, "", $"{member.Name} alone") { Member = member }));
        if (withBaselines)
        {
            foreach (string name in (string[])["averaging", "permute"])
            {
                if (methods.All(method => method.Text != name))
                    rows.Add(Zip(MethodChoice.Parse(name), furthest, CurveKind.Baseline));
            }
        }

        rows.AddRange(methods.SelectMany(method => cuts.Select(cut => Zip(method, cut, CurveKind.Method))));
        if (withBaselines)
        {
            rows.Add(Ensemble("ensemble", JointScoring.Softmax));
            rows.Add(Ensemble("ensemble, calibrated", JointScoring.Calibrated));
        }

        return rows;

        CurveRow Zip(MethodChoice method, CutChoice cut, CurveKind kind)
        {
            string place = cut.Text switch
            {
                "auto" => $"{(SharesHeads ? layers : layers - 1)}/{layers}",
                "all" => $"{layers}/{layers}",
                "heads" => $"{layers - 1}/{layers}",
                var text when int.TryParse(text, out int count) => $"{count}/{layers}",
                var text => text,
            };
            return new CurveRow(method.Text, kind, cut.Text, $"{method.Text} {place}")
            {
                Zipper = CreateZipper(method.ToOptions(_tasks) with { Cut = cut.Cut ?? (SharesHeads ? ZipCut.Everything : ZipCut.BeforeHeads) }),
                Scoring = method.DefaultScoring,
            };
        }

        CurveRow Ensemble(string name, JointScoring scoring) => new("ensemble", CurveKind.Ensemble, "nothing", name)
        {
            Zipper = CreateZipper(new ZipOptions { Tasks = _tasks, Cut = ZipCut.Nothing, ResetBatchNorm = false }),
            Scoring = scoring,
        };
    }

    /// <summary>Zips and measures the networks.</summary>
    public void Measure(IReadOnlyList<CurveRow> rows)
    {
        int known = trial.CountKnown(files.Select(ScoredNetwork.Of));
        for (int r = 0; r < rows.Count; r++)
        {
            CurveRow row = rows[r];
            string place = $"{r + 1}/{rows.Count} {row.Name}";
            if (row.Member is { } member)
            {
                row.Result = trial.Evaluate(member, known, $"{place}: Evaluation");
                continue;
            }

            var clock = Stopwatch.StartNew();
            ZipResult result = row.Zipper!.Zip(calibration, new NamedProgress(session.Progress, place), session.Cancellation);
            row.Seconds = clock.Elapsed.TotalSeconds;
            foreach (string warning in r == FirstZip(rows) ? result.Report.Warnings : [])
                session.Warn(warning);
            row.Result = trial.Evaluate(new ScoredNetwork(row.Name, result.Network, result.Tasks, row.Scoring, sharedLabels), known, $"{place}: Evaluation");
        }
    }

    /// <summary>The points for a report.</summary>
    /// <param name="rows">The networks, measured.</param>
    /// <param name="images">What they were measured on.</param>
    public CurveSection ToSection(IReadOnlyList<CurveRow> rows, string images) => new(Unit,
        [.. rows.GroupBy(row => (row.Series, row.Kind)).Select(series => new CurveSeries(TitleOf(series.Key.Series), series.Key.Kind,
            [.. series.Select(row => new CurvePoint(
                row.Kind == CurveKind.Method ? row.Name[row.Series.Length..].TrimStart() : row.Name, row.Result!.Cost.MultiplyAdds, row.Result.JointAccuracy,
                row.Kind == CurveKind.Member ? double.NaN : row.Result.AverageAccuracy))]))])
    {
        Images = images,
    };

    private static string TitleOf(string series) => series switch
    {
        "best" => "select and refit (best)",
        "paper" => "ZipIt! (paper)",
        "averaging" => "weight averaging",
        _ => series,
    };

    /// <summary>Outputs can be shared if they mean the same everywhere: embeddings of one length.</summary>
    private bool SharesHeads => _tasks.All(task => task.Prototypes is not null && task.OutputLength == _tasks[0].OutputLength);

    private Zipper CreateZipper(ZipOptions options) => new(
        [.. files.Select(file => new ZipMember(file.Name, file.Network))],
        options with { Engine = session.Engine, Threads = session.Threads, Seed = session.Seed, CalibrationCheck = check });

    private static int FirstZip(IReadOnlyList<CurveRow> rows) => rows.ToList().FindIndex(row => row.Kind == CurveKind.Method);

    /// <summary>Tells progress under the name of the network that is made.</summary>
    private sealed class NamedProgress(ProgressDisplay display, string name) : IProgress<ZipProgress>
    {
        public void Report(ZipProgress value)
        {
            string stage = $"{name}: {value.Stage.ToText()}";
            if (value.IsFinished)
                display.Finish(stage);
            else
                display.Report(stage, value.Stage.CountedUnits(), value.Done, value.Total);
        }
    }
}
