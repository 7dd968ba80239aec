using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Inputs;
using ZipIt.Tool.Measuring;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit curve</c>: accuracy against cost.</summary>
internal static class CurveCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var models = new ModelOptions(ArgumentArity.OneOrMore, "Two or more models: checkpoints, ONNX files, model zips, or folders with a models.json.");
        var calibration = new Option<string>("--calibration")
        {
            Description = "Images of all tasks, a few hundred; labels are not used. As in merge.",
            Required = true,
            HelpName = "folder or file",
        };
        var images = new Option<string>("--images") { Description = EvaluateCommand.ImagesDescription, Required = true, HelpName = "folder or file" };
        var methods = new Option<string>("--methods")
        {
            Description = "Methods, with commas between them; see 'zipit methods'.",
            DefaultValueFactory = _ => "paper,best",
            HelpName = "list",
        };
        var cuts = new Option<string?>("--cuts")
        {
            Description = "Cuts, with commas between them; see merge. Default: auto, and the end of each stage but the last.",
            HelpName = "list",
        };
        var noBaselines = new Option<bool>("--no-baselines")
        {
            Description = "Measure only the models and the methods: no averaging, no permutation, no models side by side.",
        };
        var sharedLabels = new Option<bool>("--shared-labels") { Description = "Models may know the same class, which then counts once." };
        var check = new Option<string?>("--calibration-check")
        {
            Description = "What is done about images that the models were not trained on; as in merge.",
            HelpName = "check",
        };
        var maximum = new Option<int?>("--max-images") { Description = "Largest number of labelled images, spread over all.", HelpName = "number" };
        var maximumCalibration = new Option<int?>("--max-calibration")
        {
            Description = "Largest number of calibration images, spread over all.",
            HelpName = "number",
        };
        Option<string?> report = ReportOption.Create(), figure = FigureOption.Create("accuracy against cost as a plot");
        var command = new Command("curve", "Merges to several costs by several methods, and measures every network and what one could do instead.")
        {
            calibration, images, methods, cuts, noBaselines, sharedLabels, check, maximum, maximumCalibration, report, figure,
        };
        models.AddTo(command);
        return common.Bind(command, arguments =>
        {
            var clock = Stopwatch.StartNew();
            MethodChoice[] chosen = [.. MergeOptions.Read(() => MethodChoice.ParseList(arguments.GetRequiredValue(methods)))];
            CutChoice[]? places = arguments.GetValue(cuts) is { } list
                ? MergeOptions.Read(() => list.Split(',', StringSplitOptions.TrimEntries).Select(CutChoice.Parse).ToArray()) : null;
            CalibrationCheck strictness = arguments.GetValue(check) is { } word
                ? MergeOptions.Read(() => Choice.Parse<CalibrationCheck>("check", word)) : CalibrationCheck.Refuse;
            IReadOnlyList<ClassifierEntry> entries = models.Read(arguments);
            if (entries.Count < 2)
                throw new UsageException($"Expected two or more models to merge, found {entries.Count}.");
            ReportOption.Check(arguments.GetValue(report));
            FigureOption.Check(arguments.GetValue(figure));
            ImageSet set = ImageSet.Open(arguments.GetRequiredValue(images), "test", isLabelled: true).Take(arguments.GetValue(maximum));
            ImageSet learnt = ImageSet.Open(arguments.GetRequiredValue(calibration), "calibration", isLabelled: false)
                .Take(arguments.GetValue(maximumCalibration));

            MLContext context = session.CreateContext();
            ModelFile[] files = ModelOptions.Load(entries, context);
            var trial = new ImageTrial(session, set, context);
            PixelSource source = new ImageTrial(session, learnt, context).FindSource(files[0].ImageShape);
            var curve = new CurveMeasurement(session, files, trial, source, arguments.GetValue(sharedLabels), strictness);
            IReadOnlyList<CurveRow> rows = curve.Plan(chosen, places, !arguments.GetValue(noBaselines));
            session.Say($"{rows.Count} networks, {learnt.Count} calibration images, {set.Count} test images");
            curve.Measure(rows);
            if (session.IsJson)
                WriteJson(session, curve, rows);
            else
                WriteText(session, curve, rows);
            CurveSection section = curve.ToSection(rows, $"{set.Count} images of {set.Path}");
            FigureOption.Write(session, arguments.GetValue(figure), writer => ReportFigures.WriteCurve(writer, section));
            if (arguments.GetValue(report) is not { } path)
                return;
            ReportOption.Write(session, path, new ReportDocument($"Accuracy against cost: {string.Join(", ", files.Select(file => file.Name))}")
            {
                Command = ReportOption.Describe(arguments),
                Inputs =
                [
                    .. files.Select(file => new ReportFact(file.Name, $"{file.Entry.FullPath}: {file.Kind}, {file.Architecture}")),
                    new ReportFact("calibration", $"{learnt.Count} images of {learnt.Path}"),
                    new ReportFact("images", $"{set.Count} of {set.Path}"),
                ],
                Versions = ReportOption.Versions,
                Times = [.. rows.Select(row => new ReportTime(row.Name, TimeSpan.FromSeconds(row.Seconds))), new ReportTime("all", clock.Elapsed)],
                Curve = section,
            });
        });
    }

    private static void WriteText(ToolSession session, CurveMeasurement curve, IReadOnlyList<CurveRow> rows)
    {
        string[] tasks = [.. curve.TaskNames];
        string[] columns = ["network", "multiply-adds", "cost", "joint %", .. tasks.Select(task => $"{task} %"), "average %", "zip s"];
        session.WriteTable(1, columns, rows.Select(row => (string[])
        [
            row.Name,
            EvaluationText.FormatCost(row.Result!.Cost.MultiplyAdds),
            string.Create(CultureInfo.InvariantCulture, $"{(double)row.Result.Cost.MultiplyAdds / curve.Unit:0.00}×"),
            EvaluationText.Percent(row.Result.JointAccuracy),
            .. tasks.Select(name => EvaluationText.Percent(row.Result.Tasks.FirstOrDefault(task => task.Name == name)?.Accuracy ?? double.NaN)),
            row.Kind == CurveKind.Member ? "–" : EvaluationText.Percent(row.Result.AverageAccuracy),
            row.Kind == CurveKind.Member ? "–" : row.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
        ]));
        session.Say("Multiply-adds: for one image; cost: in multiples of one network's. Joint: the right one of all classes, which a model alone does not know; "
            + "a task's: the right one of its own; average: over the tasks.");
    }

    private static void WriteJson(ToolSession session, CurveMeasurement curve, IReadOnlyList<CurveRow> rows) => session.WriteJson(writer =>
    {
        writer.WriteStartArray();
        foreach (CurveRow row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("network", row.Name);
            writer.WriteString("series", row.Series);
            writer.WriteString("kind", Choice.NameOf(row.Kind));
            writer.WriteString("cut", row.Kind == CurveKind.Member ? null : row.Cut);
            writer.WriteNumber("multiplyAdds", row.Result!.Cost.MultiplyAdds);
            writer.WriteNumber("cost", (double)row.Result.Cost.MultiplyAdds / curve.Unit);
            JsonValues.Write(writer, "joint", row.Result.JointAccuracy);
            JsonValues.Write(writer, "average", row.Kind == CurveKind.Member ? null : row.Result.AverageAccuracy);
            writer.WriteStartObject("tasks");
            foreach (TaskAccuracy task in row.Result.Tasks)
                JsonValues.Write(writer, task.Name, task.Accuracy);
            writer.WriteEndObject();
            writer.WriteNumber("seconds", row.Seconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
