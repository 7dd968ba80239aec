using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Inputs;
using ZipIt.Tool.Measuring;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit merge</c>: makes one network of several.</summary>
internal static class MergeCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var options = new MergeOptions();
        var details = new Option<bool>("--details") { Description = "Also write what was merged and lost in every space and layer." };
        Option<string?> report = ReportOption.Create(), figure = FigureOption.Create("a drawing of the merged network");
        var command = new Command("merge", "Merges classifiers of one architecture into one network, from unlabelled images.") { details, report, figure };
        options.AddTo(command);
        return common.Bind(command, arguments =>
        {
            var clock = Stopwatch.StartNew();
            Recipe recipe = options.Read(arguments);
            recipe = recipe with { Seed = recipe.Seed is { } own && !common.HasSeed(arguments) ? own : session.Seed };
            ModelOutput.Check(recipe);
            ReportOption.Check(arguments.GetValue(report));
            FigureOption.Check(arguments.GetValue(figure));
            ImageSet calibration = ImageSet.Open(recipe.Calibration, "calibration", isLabelled: false).Take(recipe.MaximumCalibration);
            ImageSet? test = recipe.Images is { } images ? ImageSet.Open(images, "test", isLabelled: true) : null;

            MLContext context = session.CreateContext();
            ModelFile[] files = ModelOptions.Load(recipe.Models, context);
            ZipEstimator estimator = context.Transforms.Zip(recipe.ToOptions(session), [.. files.Select(file => file.ToClassifier())]);
            ScoredNetwork[] members = [.. files.Select(ScoredNetwork.Of)];
            ImageTrial? trial = test is null ? null : new ImageTrial(session, test, context);
            trial?.Check(members);
            session.Say($"merging {string.Join(", ", files.Select(file => file.Name))} with {calibration.Count} images of {calibration.Path}");
            TimeSpan prepared = clock.Elapsed;
            ZipTransformer model = estimator.Fit(calibration.LoadPixels(context, files[0].ImageShape));
            TimeSpan merged = clock.Elapsed;

            foreach (string path in recipe.Output)
            {
                ModelOutput.Write(session, context, model, recipe, path);
                session.Say(string.Create(CultureInfo.InvariantCulture, $"wrote {path} ({new FileInfo(path).Length / 1024.0:N0} KiB)"));
            }

            var zipped = new ScoredNetwork("zipped", model.Network, model.Tasks, model.JointScoring, model.SharedLabels);
            ScoredNetwork[] networks = [.. members, zipped];
            int known = trial?.CountKnown(networks) ?? 0;
            ModelEvaluation[] evaluations = trial is null ? [] : [.. networks.Select(network => trial.Evaluate(network, known))];
            if (session.IsJson)
                WriteJson(session, recipe, model, evaluations);
            else
                WriteText(session, model, evaluations, arguments.GetValue(details));
            FigureOption.Write(session, arguments.GetValue(figure), writer => ReportFigures.WriteNetwork(writer, MergeSection.Of(model)));
            if (arguments.GetValue(report) is not { } page)
                return;
            ReportOption.Write(session, page, new ReportDocument($"Merge of {string.Join(", ", files.Select(file => file.Name))}")
            {
                Command = ReportOption.Describe(arguments),
                Recipe = RecipeText.Write(recipe),
                Inputs =
                [
                    .. files.Select(file => new ReportFact(file.Name, $"{file.Entry.FullPath}: {file.Kind}, {file.Architecture}")),
                    new ReportFact("calibration", $"{calibration.Count} images of {calibration.Path}"),
                    .. test is null ? [] : (ReportFact[])[new ReportFact("images", $"{known} of {test.Path}")],
                    new ReportFact("output", string.Join(", ", recipe.Output)),
                ],
                Versions = ReportOption.Versions,
                Times =
                [
                    new ReportTime("reading models", prepared), new ReportTime("merging", merged - prepared),
                    .. trial is null ? [] : (ReportTime[])[new ReportTime("evaluating", clock.Elapsed - merged)],
                ],
                Merge = MergeSection.Of(model),
                Evaluation = trial is null ? null : new EvaluationSection(evaluations) { Images = $"{known} images of {test!.Path}" },
                Examples = ReportOption.Examples(trial ?? new ImageTrial(session, calibration, context), networks),
            });
        });
    }

    private static void WriteText(ToolSession session, ZipTransformer model, ModelEvaluation[] evaluations, bool showsDetails)
    {
        if (model.Report is { } report)
        {
            if (showsDetails)
                session.Write(report.ToText().TrimEnd());
            else
                WriteSummary(session, report);
        }

        if (evaluations.Length > 0)
            EvaluationText.Write(session, evaluations, showsMatrix: false);
    }

    private static void WriteSummary(ToolSession session, ZipReport report)
    {
        NetworkCost ensemble = report.EnsembleCost;
        session.Write($"{report.Matcher}, shared: {report.Cut}");
        session.Write(string.Create(CultureInfo.InvariantCulture,
            $"multiply-adds {EvaluationText.FormatCost(report.Cost.MultiplyAdds)} of {EvaluationText.FormatCost(ensemble.MultiplyAdds)}, ")
            + string.Create(CultureInfo.InvariantCulture, $"parameters {report.Cost.Parameters:N0} of {ensemble.Parameters:N0}"));
        foreach (TaskReport task in report.Tasks)
            session.Write($"{task.Name}: estimated loss {EvaluationText.Percent(task.Loss)} %; "
                + $"{EvaluationText.Percent(task.Agreement)} % of {task.Images} images are named as before");
        if (report.Loss is { } loss)
            session.Write($"all classes: estimated loss {EvaluationText.Percent(loss)} %");
        foreach (CutReport cut in report.Cuts)
            session.Write($"tried {cut.Cut}: {EvaluationText.FormatCost(cut.MultiplyAdds)}, estimated loss {EvaluationText.Percent(cut.Loss)} %");
    }

    private static void WriteJson(ToolSession session, Recipe recipe, ZipTransformer model, ModelEvaluation[] evaluations) => session.WriteJson(writer =>
    {
        writer.WriteStartObject();
        JsonValues.Write(writer, "output", recipe.Output);
        writer.WriteString("method", recipe.Method.Text);
        JsonValues.Write(writer, "labels", model.Labels);
        writer.WriteNumber("multiplyAdds", NetworkCost.Of(model.Network).MultiplyAdds);
        writer.WriteNumber("parameters", NetworkCost.Of(model.Network).Parameters);
        if (model.Report is { } report)
        {
            JsonValues.Write(writer, "loss", report.Loss);
            JsonValues.Write(writer, "warnings", report.Warnings);
            writer.WritePropertyName("report");
            writer.WriteRawValue(report.ToJson());
        }

        if (evaluations.Length > 0)
        {
            writer.WritePropertyName("evaluation");
            EvaluationText.WriteJson(writer, evaluations);
        }

        writer.WriteString("recipe", RecipeText.Write(recipe));
        writer.WriteEndObject();
    });
}
