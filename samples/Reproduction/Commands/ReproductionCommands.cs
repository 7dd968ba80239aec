using System.CommandLine;
using Reproduction.Analyses;
using Reproduction.Costs;
using Reproduction.DataSets;
using Reproduction.ImageNet;
using Reproduction.Pairs;
using Reproduction.SinGan;

namespace Reproduction.Commands;

/// <summary>The program's commands.</summary>
internal static class ReproductionCommands
{
    /// <summary>Makes them.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Repeats the experiments of the ZipIt! paper.");
        foreach (Command command in (IEnumerable<Command>)
            [
                .. PairSetting.All.Select(PairCommand.Create), ImageNetCommand.Create(), DataSetsCommand.Create(), SmallDataSetsCommand.Create(),
                .. AnalysisCommands.Create(PairSetting.All[0]), SinGanCommand.Create(), CostsCommand.Create(),
            ])
            root.Add(command);
        return root;
    }
}
