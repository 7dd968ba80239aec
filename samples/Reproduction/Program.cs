using System.CommandLine;
using Reproduction.Analyses;
using Reproduction.DataSets;
using Reproduction.ImageNet;
using Reproduction.Pairs;
using Reproduction.SinGan;
using Spectre.Console;

var folders = new Argument<string[]>("FOLDER")
{
    Description = "Two folders, each with a trained SinGAN: netG-0.pth … (the state_dict() of each scale's generator, coarsest first), NoiseAmp.pth, "
        + "reals.pth and, if there is one, Zs.pth.",
    Arity = new ArgumentArity(2, 2),
};
var output = new Option<string>("--output") { Description = "Folder for the figure.", DefaultValueFactory = _ => "singan" };
var images = new Option<int>("--images") { Description = "Images of each generator in a row.", DefaultValueFactory = _ => 3 };
var calibration = new Option<int>("--calibration") { Description = "Images that each generator makes to calibrate with.", DefaultValueFactory = _ => 8 };

var singan = new Command("singan", "Zips two SinGANs deeper and deeper, and draws what they generate.") { folders, output, images, calibration };
singan.SetAction(arguments =>
{
    string[] pair = arguments.GetRequiredValue(folders);
    try
    {
        new SinGanFigure(pair[0], pair[1], arguments.GetRequiredValue(output), arguments.GetValue(images), arguments.GetValue(calibration)).Run();
        return 0;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{error.Message}[/]");
        return 1;
    }
});

var root = new RootCommand("Repeats the experiments of the ZipIt! paper.")
{
    singan, ImageNetCommand.Create(), DataSetsCommand.Create(), SmallDataSetsCommand.Create(),
};
foreach (PairSetting setting in PairSetting.All)
    root.Add(PairCommand.Create(setting));
foreach (Command analysis in AnalysisCommands.Create())
    root.Add(analysis);
return await root.Parse(args).InvokeAsync();
