using System.CommandLine;
using Reproduction.Commands;

namespace Reproduction.SinGan;

/// <summary>The command of zipped SinGANs.</summary>
internal static class SinGanCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var folders = new Argument<string[]>("FOLDER")
        {
            Description = "Two folders, each with a trained SinGAN: netG-0.pth … (the state_dict() of each scale's generator, coarsest first), NoiseAmp.pth, "
                + "reals.pth and, if there is one, Zs.pth.",
            Arity = new ArgumentArity(2, 2),
        };
        var output = new Option<string>("--output") { Description = "Folder for the figure and its report.", DefaultValueFactory = _ => "singan" };
        var images = new Option<int>("--images") { Description = "Images of each generator in a row.", DefaultValueFactory = _ => 3 };
        var calibration = new Option<int>("--calibration")
        {
            Description = "Images that each generator makes to calibrate with.",
            DefaultValueFactory = _ => 8,
        };
        return ExperimentCommand.Create(
            "singan", "Zips two SinGANs deeper and deeper, and draws what they generate.", [folders, output, images, calibration],
            (arguments, _) =>
            {
                string[] pair = arguments.GetRequiredValue(folders);
                new SinGanFigure(
                    pair[0], pair[1], arguments.GetRequiredValue(output), arguments.GetValue(images), arguments.GetValue(calibration))
                    .Run(CommandLineText.Of(arguments));
            });
    }
}
