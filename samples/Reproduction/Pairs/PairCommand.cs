using System.CommandLine;
using Reproduction.Commands;
using Reproduction.Data;

namespace Reproduction.Pairs;

/// <summary>The command of a table over pairs.</summary>
internal static class PairCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(PairSetting setting)
    {
        var options = new ExperimentOptions();
        PrototypeOptions? prototypes = setting.HasPrototypes ? new PrototypeOptions() : null;
        var data = new Argument<string>("DATA") { Description = $"Folder of CIFAR-{setting.Classes} in its binary layout." };
        var width = new Option<int>("--width") { Description = "Width of the networks.", DefaultValueFactory = _ => setting.PaperWidth };
        var pairs = new Option<int>("--pairs") { Description = "Number of pairs.", DefaultValueFactory = _ => 5 };
        Command command = ExperimentCommand.Create(
            setting.Name, $"The table of {setting.Title}.", [data, width, pairs],
            (arguments, cancellation) => new PairTable(
                setting, CifarFolder.Load(arguments.GetRequiredValue(data), setting.Classes), options.Read(arguments), prototypes?.Read(arguments))
                .Run(arguments.GetValue(pairs), arguments.GetValue(width), CommandLineText.Of(arguments), cancellation));
        prototypes?.AddTo(command);
        options.AddTo(command);
        return command;
    }
}
