using System.CommandLine;
using Reproduction.Commands;
using Reproduction.Data;
using ZipIt.MLNet;

namespace Reproduction.Pairs;

/// <summary>The command of a table over pairs.</summary>
internal static class PairCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(PairSetting setting)
    {
        var options = new ExperimentOptions();
        var data = new Argument<string>("DATA") { Description = $"Folder of CIFAR-{setting.Classes} in its binary layout." };
        var width = new Option<int>("--width") { Description = "Width of the networks.", DefaultValueFactory = _ => setting.PaperWidth };
        var pairs = new Option<int>("--pairs") { Description = "Number of pairs.", DefaultValueFactory = _ => 5 };
        var prototypes = new Option<string?>("--prototypes")
        {
            Description = "File with a vector for each class (safetensors or PyTorch), e.g. text features of CLIP; drawn at random if there is none.",
        };
        var scale = new Option<float>("--prototype-scale")
        {
            Description = "Factor of the cosines that classifiers with these prototypes are trained with.",
            DefaultValueFactory = _ => Training.RandomPrototypes.Scale,
        };
        Command command = ExperimentCommand.Create(
            setting.Name, $"The table of {setting.Title}.", [data, width, pairs, .. setting.HasPrototypes ? [prototypes, scale] : Array.Empty<Symbol>()],
            (arguments, cancellation) =>
            {
                string? file = setting.HasPrototypes ? arguments.GetValue(prototypes) : null;
                new PairTable(
                    setting,
                    CifarFolder.Load(arguments.GetRequiredValue(data), setting.Classes),
                    options.Read(arguments),
                    file is null ? null : ClassPrototypes.Load(file, arguments.GetValue(scale)))
                    .Run(arguments.GetValue(pairs), arguments.GetValue(width), CommandLineText.Of(arguments), cancellation);
            });
        options.AddTo(command);
        return command;
    }
}
