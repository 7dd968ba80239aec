using System.CommandLine;
using Spectre.Console;
using TrainAndZip;

var images = new Option<string>("--images")
{
    Description = "Folder with the folders 'test' (to train on) and 'calibration' (to measure with), each with one folder of images per class.",
    DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "data", "images"),
};
var epochs = new Option<int>("--epochs")
{
    Description = "Number of passes over the images.",
    DefaultValueFactory = _ => 25,
};
var depth = new Option<int>("--depth")
{
    Description = "Number of layers of the networks: 8, 14, 20, 32 …",
    DefaultValueFactory = _ => 20,
};
var perClass = new Option<int>("--images-per-class")
{
    Description = "Largest number of images of a class that are trained on.",
    DefaultValueFactory = _ => int.MaxValue,
};
var fineTune = new Option<bool>("--fine-tune")
{
    Description = "Trains the zipped network for one epoch more, as a module of TorchSharp.",
};
var output = new Option<string?>("--output")
{
    Description = "Where to save the zipped model.",
};

var command = new RootCommand("Trains two image classifiers, zips them into one network, and measures all three.")
{
    images, epochs, depth, perClass, fineTune, output,
};
command.SetAction(arguments =>
{
    try
    {
        new Experiment(
            arguments.GetRequiredValue(images),
            arguments.GetValue(epochs),
            arguments.GetValue(depth),
            arguments.GetValue(perClass),
            arguments.GetValue(fineTune),
            arguments.GetValue(output)).Run();
        return 0;
    }
    catch (Exception error) when (error is IOException or ArgumentException or InvalidOperationException or NotSupportedException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{error.Message}[/]");
        return 1;
    }
});
return command.Parse(args).Invoke();
