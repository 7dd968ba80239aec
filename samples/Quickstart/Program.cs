using System.CommandLine;
using Quickstart;
using Spectre.Console;

string data = Path.Combine(AppContext.BaseDirectory, "data");
var models = new Option<string>("--models")
{
    Description = "Folder of the checkpoints, with a models.json that describes them (see README.md).",
    DefaultValueFactory = _ => Path.Combine(data, "models"),
};
var images = new Option<string>("--images")
{
    Description = "Labelled test images: a folder with one folder per class, or a file in CIFAR-10's binary layout. A folder may hold 'test' and 'calibration' instead.",
    DefaultValueFactory = _ => Path.Combine(data, "images"),
};
var calibration = new Option<string?>("--calibration")
{
    Description = "Calibration images, of the same kinds; labels are not used. Default: 'calibration' beside the test images, or the shipped ones.",
};
var until = new Option<string?>("--until")
{
    Description = "How far to zip: a number of layers, or 'all'. Default: three cuts, one after the other.",
};
var alpha = new Option<double>("--alpha")
{
    Description = "What a merged feature keeps of its similarity when it is merged again, 0 … 1.",
    DefaultValueFactory = _ => 0.3,
};
var beta = new Option<double>("--beta")
{
    Description = "Share of the merges that may take place within one model, 0 … 1.",
    DefaultValueFactory = _ => 0.125,
};
var threads = new Option<int>("--threads")
{
    Description = "Number of threads; 0 for one per processor.",
    DefaultValueFactory = _ => 0,
};

var command = new RootCommand("Zips trained image classifiers into one network and compares it with what else one could do.")
{
    models, images, calibration, until, alpha, beta, threads,
};
command.SetAction(arguments =>
{
    // Where the output goes to a file, nobody knows a width; the table needs this much.
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = 140;
    try
    {
        var comparison = new Comparison(
            ClassifierList.Load(arguments.GetRequiredValue(models)),
            ImageSet.Open(arguments.GetRequiredValue(images), "test"),
            ImageSet.Open(arguments.GetValue(calibration) ?? ImageSet.FindCalibration(arguments.GetRequiredValue(images), Path.Combine(data, "images")),
            "calibration"),
            arguments.GetValue(until),
            arguments.GetValue(alpha),
            arguments.GetValue(beta),
            arguments.GetValue(threads));
        comparison.Run();
        return 0;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or InvalidOperationException or FormatException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{error.Message}[/]");
        return 1;
    }
});
return command.Parse(args).Invoke();
