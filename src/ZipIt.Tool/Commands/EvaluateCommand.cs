using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Inputs;
using ZipIt.Tool.Measuring;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit evaluate</c>: how well models do, side by side.</summary>
internal static class EvaluateCommand
{
    /// <summary>Description of the option for labelled images.</summary>
    public const string ImagesDescription =
        "Labelled images: a folder with one folder per class (or such a folder in it, called test), a list of paths and labels (.tsv, .csv), or a file in CIFAR-10's "
        + "binary layout.";

    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var models = new ModelOptions(ArgumentArity.OneOrMore, "Checkpoints, ONNX files, model zips, or folders with a models.json.");
        var images = new Option<string>("--images") { Description = ImagesDescription, Required = true, HelpName = "folder or file" };
        var maximum = new Option<int?>("--max-images") { Description = "Largest number of images, spread over all.", HelpName = "number" };
        var confusion = new Option<bool>("--confusion") { Description = "Also write whole confusion matrices." };
        Option<string?> report = ReportOption.Create();
        var command = new Command("evaluate", "Measures models on labelled images: among all classes, within each task, for each class, and what is taken for what.")
        {
            images, maximum, confusion, report,
        };
        models.AddTo(command);
        return common.Bind(command, arguments =>
        {
            var clock = Stopwatch.StartNew();
            IReadOnlyList<ClassifierEntry> entries = models.Read(arguments);
            ReportOption.Check(arguments.GetValue(report));
            MLContext context = session.CreateContext();
            ModelFile[] files = ModelOptions.Load(entries, context);
            ScoredNetwork[] networks = UniqueNames([.. files.Select(ScoredNetwork.Of)], files);
            ImageSet set = ImageSet.Open(arguments.GetRequiredValue(images), "test", isLabelled: true).Take(arguments.GetValue(maximum));
            var trial = new ImageTrial(session, set, context);
            trial.Check(networks);
            int known = trial.CountKnown(networks);
            session.Say($"{known} of {set.Count} images of {set.Path} show a class that a model knows.");
            ModelEvaluation[] evaluations = [.. networks.Select(network => trial.Evaluate(network, known))];
            if (session.IsJson)
                session.WriteJson(writer => EvaluationText.WriteJson(writer, evaluations));
            else
                EvaluationText.Write(session, evaluations, arguments.GetValue(confusion));
            if (arguments.GetValue(report) is not { } path)
                return;
            ReportOption.Write(session, path, new ReportDocument("Evaluation of " + string.Join(", ", networks.Select(network => network.Name)))
            {
                Command = ReportOption.Describe(arguments),
                Inputs =
                [
                    .. files.Select(file => new ReportFact(file.Name, $"{file.Entry.FullPath}: {file.Kind}, {file.Architecture}")),
                    new ReportFact("images", $"{known} of {set.Path}"),
                ],
                Versions = ReportOption.Versions,
                Times = [new ReportTime("all", clock.Elapsed)],
                Evaluation = new EvaluationSection(evaluations) { Images = $"{known} images of {set.Path}" },
                Examples = ReportOption.Examples(trial, networks),
            });
        });
    }

    /// <summary>Models of one name are told apart by their paths.</summary>
    private static ScoredNetwork[] UniqueNames(ScoredNetwork[] networks, ModelFile[] files) =>
    [
        .. networks.Select((network, n) => networks.Count(other => other.Name == network.Name) == 1
            ? network : network with { Name = files[n].Entry.FullPath }),
    ];
}
