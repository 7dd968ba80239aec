using System.Diagnostics;
using System.Globalization;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Times the steps of zipping two ResNet-20 of a given width: <c>fit [WIDTH] [IMAGES] [ROUNDS]</c>. Forward passes are those of the statistics, without
/// the statistics.
/// </summary>
internal static class FitTimer
{
    private const int ImageSize = 32;

    public static int Run(string[] arguments)
    {
        int width = Read(arguments, 0, 4), count = Read(arguments, 1, 1000), rounds = Read(arguments, 2, 3);
        ResNetLayout layout = ResNetLayout.Cifar(20, width);
        ZipMember[] members = [.. Enumerable.Range(0, 2).Select(m => new ZipMember($"{m}", ResNet.Random(m, layout)))];
        var pixels = new Tensor(count, 3, ImageSize, ImageSize);
        var random = new Random(1);
        foreach (ref float value in pixels.Span)
            value = (float)(2 * random.NextDouble() - 1);
        var images = new InMemoryImages(pixels);

        var times = new Dictionary<string, List<double>>();
        for (int round = 0; round <= rounds; round++)
        {
            // The first round is for the just-in-time compiler.
            bool counts = round > 0;
            Add("forward passes", counts, Time(() => RunForward(members, images)));
            foreach ((ZipMethod method, string suffix) in new[] { (ZipMethod.Paper, ""), (ZipMethod.Best, " (select and refit)") })
            {
                ZipReport report = new Zipper(members, ZipOptions.For(method)).Zip(images).Report;
                foreach ((string stage, TimeSpan time) in report.Times)
                    Add(stage + suffix, counts, time.TotalSeconds);
            }
        }

        Console.WriteLine($"two ResNet-20 x {width}, {count} images, {Environment.ProcessorCount} threads; seconds, median of {rounds} rounds");
        foreach ((string step, List<double> seconds) in times)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step,-40}{seconds.Order().ElementAt(seconds.Count / 2),10:F3}"));
        return 0;

        void Add(string step, bool isCounted, double seconds)
        {
            if (!isCounted)
                return;
            if (!times.TryGetValue(step, out List<double>? all))
                times.Add(step, all = []);
            all.Add(seconds);
        }
    }

    private static void RunForward(ZipMember[] members, InMemoryImages images)
    {
        foreach (ZipMember member in members)
        {
            string[] taps = [.. FeatureSpaces.Find(member.Network).Where(space => !space.IsInput && !space.IsOutput).Select(space => space.Name)];
            using INetworkSession session = new CpuEngine().CreateSession(member.Network, new SessionOptions { MaximumBatchSize = 100, Taps = taps });
            foreach (ImageBatch batch in images.ReadBatches(100))
                session.Run(batch.Pixels.Span, batch.Count);
        }
    }

    private static double Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    private static int Read(string[] arguments, int index, int otherwise) =>
        arguments.Length > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;
}
