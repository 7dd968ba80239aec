using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using ZipIt.CompareEngines;
using ZipIt.Networks;
using ZipIt.PerformanceTests;

(string Network, int Batch)[] rows =
[
    ("resnet20x1", 64), ("resnet20x4", 64), ("vgg11", 64), ("resnet20x1", 1), ("resnet50", 8), ("resnet20x4", 1), ("resnet50", 1), ("mobilenetv2", 8),
        ("mobilenetv2", 1),
];

var threads = new Option<int>("--threads") { Description = "Number of threads of each engine.", DefaultValueFactory = _ => Environment.ProcessorCount };
var rounds = new Option<int>("--rounds") { Description = "How many times the engines take turns.", DefaultValueFactory = _ => 7 };
var seconds = new Option<double>("--seconds") { Description = "How long an engine runs at each turn.", DefaultValueFactory = _ => 1 };
var only = new Option<string>("--only") { Description = "Only the rows whose network and batch size ('resnet50 8') contain this.",
    DefaultValueFactory = _ => "" };
var engines = new Option<string>("--engines") { Description = "Only these engines.", DefaultValueFactory = _ => string.Join(',', Contender.Names) };
var memory = new Option<bool>("--memory") { Description = "Compare peak memory, each engine in a process of its own, instead of time." };
var peak = new Option<string?>("--peak") { Hidden = true };

var command = new RootCommand("Compares this library's engine with ONNX Runtime and libtorch in one process: random weights, the same images, float32.")
{
    threads, rounds, seconds, only, engines, memory, peak,
};
command.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = 140;
    int count = arguments.GetValue(threads);
    if (arguments.GetValue(peak) is { } contender)
        return PrintPeak(contender, count);
    string[] names = [.. Contender.Names.Intersect(arguments.GetRequiredValue(engines).Split(','))];
    var chosen = rows.Where(row => $"{row.Network} {row.Batch}".Contains(arguments.GetRequiredValue(only), StringComparison.Ordinal)).ToArray();
    Table table = new Table().AddColumn("network").AddColumn("batch");
    foreach (string name in names)
        table.AddColumn(new TableColumn(arguments.GetValue(memory) ? $"{name} MiB" : $"{name} ms").RightAligned());
    string[] others = [.. names.Skip(1).Select(name => name.Split('-')[0]).Distinct()];
    foreach (string other in others)
        table.AddColumn(new TableColumn($"{other} / {names[0]}").RightAligned());
    foreach ((string network, int batch) in chosen)
    {
        double[] figures = arguments.GetValue(memory)
            ? [.. names.Select(name => MeasurePeak(name, network, batch, count))]
            : MeasureTimes(names, network, batch, count, arguments.GetValue(rounds), arguments.GetValue(seconds));
        string[] ratios = [.. others.Select(other => $"{figures.Where((_, i) => names[i].StartsWith(other, StringComparison.Ordinal)).Min() / figures[0]:F2}")];
        table.AddRow([network, $"{batch}", .. figures.Select(figure => $"{figure:F2}"), .. ratios]);
        Console.Error.WriteLine($"{network} {batch}: {string.Join(' ', figures.Select(figure => $"{figure:F2}"))}");
    }

    AnsiConsole.Write(table);
    return 0;
});
return command.Parse(args).Invoke();

// Medians over the turns of the shortest run of each turn, in milliseconds: what else the machine does makes runs longer, never shorter.
static double[] MeasureTimes(string[] engines, string name, int batch, int threads, int rounds, double seconds)
{
    Network network = BenchmarkNetworks.Create(name);
    float[] images = BenchmarkNetworks.DrawImages(network, batch);
    Contender[] contenders = [.. engines.Select(engine => Contender.Create(engine, network, images, batch, threads))];
    try
    {
        foreach (Contender contender in contenders)
            contender.Run();
        Check(engines, contenders, name);
        double[][] times = [.. contenders.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int engine = (round + turn) % contenders.Length;
                Thread.Sleep(20); // the threads of the engine before stop waiting for work
                times[engine][round] = Time(contenders[engine], seconds);
            }
        }

        return [.. times.Select(list => list.Order().ElementAt(rounds / 2))];
    }
    finally
    {
        foreach (Contender contender in contenders)
            contender.Dispose();
    }
}

static double Time(Contender contender, double seconds)
{
    double shortest = double.PositiveInfinity;
    long begin = Stopwatch.GetTimestamp();
    do
    {
        long start = Stopwatch.GetTimestamp();
        contender.Run();
        shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
    while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds);
    return shortest;
}

static void Check(string[] engines, Contender[] contenders, string network)
{
    float[] ours = contenders[0].ReadOutput();
    float scale = ours.Max(Math.Abs);
    for (int engine = 1; engine < contenders.Length; engine++)
    {
        float error = ours.Zip(contenders[engine].ReadOutput(), (a, b) => Math.Abs(a - b)).Max() / scale;
        if (!(error < 1e-3f))
            throw new InvalidOperationException($"{engines[engine]} gives other outputs for {network}: they differ by {error:E1}.");
    }
}

static double MeasurePeak(string engine, string network, int batch, int threads)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
    foreach (string argument in (string[])["--peak", $"{engine} {network} {batch}", "--threads", $"{threads}"])
        start.ArgumentList.Add(argument);
    using Process child = Process.Start(start)!;
    string output = child.StandardOutput.ReadToEnd();
    child.WaitForExit();
    return child.ExitCode == 0 ? double.Parse(output, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"{engine} failed at {network}.");
}

static int PrintPeak(string contender, int threads)
{
    string[] parts = contender.Split(' ');
    Network network = BenchmarkNetworks.Create(parts[1]);
    int batch = int.Parse(parts[2], CultureInfo.InvariantCulture);
    using Contender engine = Contender.Create(parts[0], network, BenchmarkNetworks.DrawImages(network, batch), batch, threads);
    for (int run = 0; run < 5; run++)
        engine.Run();
    Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0);
    return 0;
}
