using System.CommandLine;
using System.Diagnostics;
using Reproduction.Commands;
using Reproduction.Results;

namespace Reproduction.Costs;

/// <summary>The command that says what whole runs cost.</summary>
internal static class CostsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Folder for results.", DefaultValueFactory = _ => "results" };
        var gpu = new Option<int?>("--gpu") { Description = "Number of the graphics processor that trains and runs networks; without it the CPU does." };
        var images = new Option<int?>("--images") { Description = "Images of a measured step; without it 64, or fewer for wide and deep networks." };
        var only = new Option<string?>("--only") { Description = "Only experiments whose name or network contains this, e.g. ResNet-20." };
        return ExperimentCommand.Create(
            "costs", "Measures the steps of the experiments, and computes what whole runs cost.", [output, gpu, images, only],
            (arguments, cancellation) =>
            {
                if (arguments.GetValue(images) < 4)
                    throw new ArgumentException($"Expected at least 4 images of a measured step, found {arguments.GetValue(images)}.");
                string wanted = arguments.GetValue(only) ?? "";
                var clock = Stopwatch.StartNew();
                ResultSection section = new CostMeasurement(arguments.GetValue(gpu), arguments.GetValue(images), cancellation)
                    .Run(ExperimentScale.All.Where(experiment =>
                        $"{experiment.Name} {experiment.Network}".Contains(wanted, StringComparison.OrdinalIgnoreCase)));
                new ResultDocument("costs", "What whole runs cost", CommandLineText.Of(arguments), [section]) { Duration = clock.Elapsed }
                    .Write(arguments.GetRequiredValue(output));
            });
    }
}
