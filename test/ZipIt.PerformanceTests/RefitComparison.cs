using System.Globalization;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.PerformanceTests;

/// <summary>
/// What a refit with other options costs, in processor time and in accuracy on labelled images, as means over several sets of calibration images. Arguments:
/// <c>--test FILE --calibration FILE</c> (CIFAR-10's binary layout), the options to take in all combinations, each with commas between (<c>--samples 50,20
/// --largest 20000 --activation 2 --pair -1</c>; −1 is the default), and optionally <c>--sets 3 --images 1000 --tested 10000</c>.
/// </summary>
internal static class RefitComparison
{
    /// <summary>Prints a line for each combination.</summary>
    public static int Run(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var line = new CommandLine(args);
        Tensor prototypes = TestFiles.LoadPrototypes();
        ClassificationTask[] tasks = [TaskOf("A", 0, prototypes), TaskOf("B", 1, prototypes)];
        ZipMember[] members = [new("A", TestFiles.LoadPrototypeNetwork('a')), new("B", TestFiles.LoadPrototypeNetwork('b'))];
        int count = int.Parse(line.Find("images") ?? "1000"), sets = int.Parse(line.Find("sets") ?? "3");
        CifarImages test = CifarImages.Load(line.Get("test"));
        Tensor tested = TestFiles.Normalize(Take(test.Pixels, 0, int.Parse(line.Find("tested") ?? "10000")));
        var labelled = new InMemoryImages(tested, [.. test.Labels[..tested[0]].ToArray().Select(label => label / 2 + 5 * (label % 2))]);
        Tensor calibration = TestFiles.Normalize(CifarImages.Load(line.Get("calibration")).Pixels);
        RefitOptions[] candidates =
        [
            .. from samples in line.GetNumbers("samples")
               from largest in line.GetNumbers("largest")
               from activation in line.GetNumbers("activation")
               from pair in line.GetNumbers("pair")
               select new RefitOptions
               {
                   SamplesPerUnknown = (int)samples,
                   LargestSample = (int)largest,
                   ActivationRounds = (int)activation,
                   PairRounds = pair < 0 ? null : (int)pair,
               },
        ];
        var sums = new double[candidates.Length, 3];
        for (int set = 0; set < sets; set++)
        {
            var images = new InMemoryImages(Take(calibration, set * count, count));
            var zipper = new Zipper(members, ZipOptions.For(ZipMethod.Best, tasks) with { Cut = ZipCut.Everything });
            IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(images));
            for (int i = 0; i < candidates.Length; i++)
            {
                zipper = new Zipper(members, ZipOptions.For(ZipMethod.Best, tasks) with { Cut = ZipCut.Everything, Refit = candidates[i] });
                TimeSpan before = Environment.CpuUsage.TotalTime;
                Network network = zipper.Refit(maps, images).Network;
                sums[i, 0] += (Environment.CpuUsage.TotalTime - before).TotalSeconds;
                ZipEvaluation evaluation = ZipEvaluation.Evaluate(network, tasks, labelled, new CpuEngine());
                sums[i, 1] += 100 * evaluation.JointAccuracy;
                sums[i, 2] += 100 * evaluation.AverageAccuracy;
            }
        }

        Console.WriteLine("samples  largest  activation  pair   seconds  joint %  mean %");
        for (int i = 0; i < candidates.Length; i++)
        {
            RefitOptions options = candidates[i];
            Console.WriteLine($"{options.SamplesPerUnknown,7}{options.LargestSample,9}{options.ActivationRounds,12}{options.PairRounds ?? -1,6}"
                + $"{sums[i, 0] / sets,10:F2}{sums[i, 1] / sets,9:F2}{sums[i, 2] / sets,8:F2}");
        }

        return 0;
    }

    private static Tensor Take(Tensor images, int first, int count)
    {
        int length = images.Length / images[0];
        return new Tensor(images.Span.Slice(first * length, count * length).ToArray(), count, images[1], images[2], images[3]);
    }

    private static ClassificationTask TaskOf(string name, int parity, Tensor prototypes)
    {
        int length = prototypes[1];
        var own = new Tensor(5, length);
        for (int c = 0; c < 5; c++)
            prototypes.Span.Slice((2 * c + parity) * length, length).CopyTo(own.Span.Slice(c * length, length));
        return ClassificationTask.FromPrototypes(name, [.. Enumerable.Range(0, 5).Select(c => $"class {2 * c + parity}")], own, 30);
    }
}
