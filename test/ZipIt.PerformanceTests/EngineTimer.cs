using System.Diagnostics;
using System.Globalization;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// A process that times the engine on request, so that a script can let it take turns with another build of it: for each line
/// "NETWORK BATCH THREADS SECONDS" on its input it writes the mean processor time and then the wall time of each run in seconds, in one line.
/// </summary>
internal static class EngineTimer
{
    /// <summary>Serves requests until the input ends.</summary>
    /// <param name="args">Requests to serve instead of those on the input, in four arguments each.</param>
    public static int Run(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var sessions = new Dictionary<string, (INetworkSession Session, float[] Images)>();
        IEnumerable<string[]> requests = args.Length > 0 ? args.Chunk(4) : ReadRequests();
        foreach (string[] request in requests)
        {
            (string name, int batch, int threads, double seconds) = (request[0], int.Parse(request[1]), int.Parse(request[2]), double.Parse(request[3]));
            string key = $"{name} {batch} {threads}";
            if (!sessions.TryGetValue(key, out (INetworkSession Session, float[] Images) entry))
            {
                Network network = BenchmarkNetworks.Create(name);
                entry.Session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batch, Threads = threads });
                entry.Images = BenchmarkNetworks.DrawImages(network, batch);
                entry.Session.Run(entry.Images, batch);
                sessions.Add(key, entry);
            }

            TimeSpan before = Environment.CpuUsage.TotalTime;
            List<double> times = Time(entry.Session, entry.Images, batch, seconds);
            double processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds / times.Count;
            Console.WriteLine(args.Length > 0 ? Describe(entry.Session.Network, batch, processor, times) : string.Join(' ', times.Prepend(processor)));
        }

        return 0;
    }

    private static IEnumerable<string[]> ReadRequests()
    {
        while (Console.ReadLine() is { } line)
        {
            if (line == "memory")
                Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64);
            else
                yield return line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    private static List<double> Time(INetworkSession session, float[] images, int batch, double seconds)
    {
        var times = new List<double>();
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        do
        {
            long start = Stopwatch.GetTimestamp();
            session.Run(images, batch);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetTimestamp() < end);
        return times;
    }

    private static string Describe(Network network, int batch, double processor, List<double> times)
    {
        times.Sort();
        double median = times[times.Count / 2];
        double gigaflops = 2e-9 * NetworkCost.Of(network).MultiplyAdds * batch / median;
        return $"processor {processor * 1e3:F3} ms, median {median * 1e3:F3} ms, best {times[0] * 1e3:F3} ms, {batch / median:F0} images/s, {gigaflops:F0} GFLOPS";
    }
}
