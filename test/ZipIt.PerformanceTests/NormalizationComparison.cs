using System.Globalization;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Zips two classifiers that normalize images differently, with stems of their own and with one normalization (<see cref="ZipOptions.ShareNormalization"/>),
/// and measures accuracies and multiply-adds:
/// <c>normalization --a FILE --mean-a A,B,C --deviation-a A,B,C --calibration-a FILE --test-a FILE</c> and the same for <c>b</c>, and <c>[--method
/// Best|Paper|PaperWithRefit]</c>. Both are ResNets with class scores.
/// </summary>
internal static class NormalizationComparison
{
    public static int Run(string[] args)
    {
        var line = new CommandLine(args);
        ZipMethod method = Enum.Parse<ZipMethod>(line.Find("method") ?? nameof(ZipMethod.Best));
        string[] names = ["a", "b"];
        ZipMember[] members = [.. names.Select(name => new ZipMember(name, ResNet.FromCheckpoint(
            Checkpoint.Load(line.Get(name)),
            normalization: ChannelAffine.FromNormalization(line.GetNumbers($"mean-{name}"), line.GetNumbers($"deviation-{name}")))))];
        ClassificationTask[] tasks = [.. members.Select(member => ClassificationTask.FromScores(
            member.Name, [.. Enumerable.Range(0, ((Linear)member.Network.Heads[0].Node.Layer).Outputs).Select(label => $"{member.Name} {label}")]))];
        int classes = tasks[0].Labels.Count;
        InMemoryImages calibration = CifarRecords.Load(line.Get("calibration-a")).Spread(500)
            .MixWith(CifarRecords.Load(line.Get("calibration-b")).Spread(500), classes).ToImages();
        InMemoryImages test = CifarRecords.Load(line.Get("test-a")).MixWith(CifarRecords.Load(line.Get("test-b")), classes).ToImages();

        Console.WriteLine("| shared | normalization | multiply-adds | joint | mean | a | b |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (ZipCut cut in (ZipCut[])[ZipCut.BeforeHeads, ZipCut.AfterStage(2), ZipCut.AfterStage(1)])
        {
            foreach (bool shared in (bool[])[false, true])
            {
                ZipOptions options = ZipOptions.For(method, tasks) with { Cut = cut, ShareNormalization = shared };
                ZipResult result = new Zipper(members, options).Zip(calibration);
                Row($"{cut} | {(shared ? "one" : "two")}", result.Network, members, tasks, test);
                foreach (string warning in result.Report.Warnings)
                    Console.Error.WriteLine(warning);
            }
        }

        Row("nothing | two", new Zipper(members, new ZipOptions { Cut = ZipCut.Nothing }).Merge([]), members, tasks, test);
        return 0;
    }

    private static void Row(string what, Network network, ZipMember[] members, ClassificationTask[] tasks, InMemoryImages test)
    {
        ZipEvaluation result = ZipEvaluation.Evaluate(network, tasks, test, new CpuEngine());
        double cost = NetworkCost.Of(network).MultiplyAdds / (double)NetworkCost.Of(members[0].Network).MultiplyAdds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {cost:F3} | {100 * result.JointAccuracy:F2} | {100 * result.AverageAccuracy:F2} | {100 * result.TaskAccuracies[0]:F2} | {100 * result.TaskAccuracies[1]:F2} |"));
    }
}
