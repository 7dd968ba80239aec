using System.CommandLine;
using Curve;
using Quickstart;
using Spectre.Console;

string data = Path.Combine(AppContext.BaseDirectory, "data");
var models = new Option<string>("--models")
{
    Description = "Folder of the checkpoints, with a models.json that describes them (see the quickstart's README.md).",
    DefaultValueFactory = _ => Path.Combine(data, "models"),
};
var test = new Option<string>("--test")
{
    Description = "Labelled test images: a folder with one folder per class, or a file in CIFAR-10's binary layout. Default: the shipped ones.",
    DefaultValueFactory = _ => Path.Combine(data, "images"),
};
var calibration = new Option<string>("--calibration")
{
    Description = "Calibration images, of the same kinds; labels are not used. Default: the shipped ones.",
    DefaultValueFactory = _ => Path.Combine(data, "images"),
};
var layers = new Option<bool>("--layers") { Description = "Also print each layer's error before and after the refit of the best full merge." };
var only = new Option<string?>("--only") { Description = "Measure only the rows whose name contains this." };
var threads = new Option<int>("--threads") { Description = "Number of threads; 0 for one per processor.", DefaultValueFactory = _ => 0 };

var command = new RootCommand("Prints accuracy against FLOPs of zipped classifiers, from one network's cost to that of all of them.")
{
    models, test, calibration, layers, only, threads,
};
command.SetAction(arguments =>
{
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = 140;
    try
    {
        var measurement = new Measurement(
            ClassifierList.Load(arguments.GetRequiredValue(models)),
            ImagePixelsReader.Read(ImageSet.Open(arguments.GetRequiredValue(test), "test")),
            ImagePixelsReader.Read(ImageSet.Open(arguments.GetRequiredValue(calibration), "calibration")),
            arguments.GetValue(layers),
            arguments.GetValue(only),
            arguments.GetValue(threads));
        measurement.Run();
        return 0;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or FormatException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{error.Message}[/]");
        return 1;
    }
});
return command.Parse(args).Invoke();
