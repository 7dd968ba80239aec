using System.Diagnostics;
using System.Globalization;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Times the steps of zipping two networks with random weights and measures the memory that they take: <c>fit [WIDTH|resnet50] [IMAGES] [ROUNDS]</c>. A width
/// stands for ResNet-20 of 32 pixels. Forward passes are those of the statistics, without the statistics. ResNet-50 (224 pixels) is zipped with the default
/// method alone and without a first round for the just-in-time compiler, so that the largest memory is that of one zip.
/// </summary>
internal static class FitTimer
{
    public static int Run(string[] arguments)
    {
        string name = arguments.Length > 0 ? arguments[0] : "4";
        int count = Read(arguments, 1, 1000), rounds = Read(arguments, 2, 3);
        bool isLarge = name == "resnet50";
        ResNetLayout layout = isLarge ? ResNetLayout.ImageNet(50) : ResNetLayout.Cifar(20, Read(arguments, 0, 4));
        int extent = isLarge ? 224 : 32;
        ZipMember[] members = [.. Enumerable.Range(0, 2).Select(m => new ZipMember($"{m}", ResNet.Random(m, layout, extent)))];
        var images = new NoiseImages(count, [3, extent, extent]);
        (ZipMethod Method, string Suffix)[] methods = isLarge ? [(ZipMethod.Best, "")] : [(ZipMethod.Paper, ""), (ZipMethod.Best, " (select and refit)")];

        var times = new Clock();
        for (int round = isLarge ? 1 : 0; round <= rounds; round++)
        {
            times.IsCounting = round > 0;
            times.Suffix = "";
            if (!isLarge)
            {
                times.Start();
                RunForward(members, images);
                times.End("forward passes");
            }

            foreach ((ZipMethod method, string suffix) in methods)
            {
                times.Suffix = suffix;
                times.Start();
                new Zipper(members, ZipOptions.For(method) with { CalibrationCheck = CalibrationCheck.Warn }).Zip(images, times); // weights are random
            }
        }

        Console.WriteLine($"two ResNet-{layout.Depth} ({name}), {count} images of {extent} pixels, {Environment.ProcessorCount} threads; shortest of {rounds} rounds");
        times.Print();
        return 0;
    }

    private static void RunForward(ZipMember[] members, NoiseImages images)
    {
        foreach (ZipMember member in members)
        {
            string[] taps = [.. FeatureSpaces.Find(member.Network).Where(space => !space.IsInput && !space.IsOutput).Select(space => space.Name)];
            using INetworkSession session = new CpuEngine().CreateSession(member.Network, new SessionOptions { MaximumBatchSize = 100, Taps = taps });
            foreach (ImageBatch batch in images.ReadBatches(100))
                session.Run(batch.Pixels.Span, batch.Count);
        }
    }

    private static int Read(string[] arguments, int index, int otherwise) =>
        arguments.Length > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

    /// <summary>
    /// The time from the end of one stage to the end of the next, on the clock and summed over the processors, which other programs do not lengthen.
    /// </summary>
    private sealed class Clock : IProgress<ZipProgress>
    {
        private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

        private readonly List<string> _stages = [];
        private readonly Dictionary<string, (double Wall, double Processor, long Peak)> _times = [];
        private long _printed = Stopwatch.GetTimestamp();
        private long _start;
        private double _processorStart;

        public bool IsCounting { get; set; }

        public string Suffix { get; set; } = "";

        public void Start() => (_start, _processorStart) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime.TotalSeconds);

        public void Report(ZipProgress value)
        {
            if (value.IsFinished)
            {
                End(value.Stage.ToText());
            }
            else if (Stopwatch.GetElapsedTime(_printed) > ProgressInterval)
            {
                using var process = Process.GetCurrentProcess();
                long managed = GC.GetGCMemoryInfo().TotalCommittedBytes >> 20;
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{value}, {value.Elapsed.TotalSeconds:F0} s, {process.WorkingSet64 >> 20} MiB, {managed} of them managed"));
                _printed = Stopwatch.GetTimestamp();
            }
        }

        public void End(string stage)
        {
            double wall = Stopwatch.GetElapsedTime(_start).TotalSeconds, processor = Environment.CpuUsage.TotalTime.TotalSeconds - _processorStart;
            Start();
            if (!IsCounting)
                return;
            using var process = Process.GetCurrentProcess();
            stage += Suffix;
            if (_times.TryGetValue(stage, out (double Wall, double Processor, long) earlier))
                (wall, processor) = (Math.Min(wall, earlier.Wall), Math.Min(processor, earlier.Processor));
            else
                _stages.Add(stage);
            _times[stage] = (wall, processor, process.PeakWorkingSet64);
        }

        public void Print()
        {
            Console.WriteLine($"{"",-40}{"seconds",10}{"processor s",14}{"peak MiB so far",18}");
            foreach (string stage in _stages)
            {
                (double wall, double processor, long peak) = _times[stage];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage,-40}{wall,10:F3}{processor,14:F3}{peak / 1048576,18}"));
            }
        }
    }
}
