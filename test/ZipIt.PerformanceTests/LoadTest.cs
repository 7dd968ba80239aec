using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Puts the web sample under load from this machine: <c>load URL FOLDER PROCESS [CONNECTIONS] [SECONDS] [BAD]</c>. Each connection posts an image of the
/// folder, waits for the answer, and posts the next one; a share of the requests is bad in one of several ways, and each must get its own answer. At the end
/// the service is told to stop while all clients go on: nothing that it has taken may stay without an answer. PROCESS is the service's process, whose memory is
/// watched; Linux only.
/// </summary>
internal static class LoadTest
{
    private const int MostSeconds = 600;
    private const int MostConnections = 1024;
    private const int Lines = 10;

    private static readonly Kind[] BadKinds =
    [
        new("cut image", HttpStatusCode.BadRequest, image => Content(image[..(image.Length / 2)])),
        new("damaged image", HttpStatusCode.BadRequest, image => Content(Damage(image))),
        new("empty body", HttpStatusCode.BadRequest, _ => Content([])),
        new("text", HttpStatusCode.UnsupportedMediaType, _ => new StringContent("no image")),
        new("too large", HttpStatusCode.RequestEntityTooLarge, _ => Content(new byte[9 << 20])) { ExpectsContinue = true },
        new("client that leaves", null, Content),
    ];

    private static readonly Kind Good = new("image", HttpStatusCode.OK, Content);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var address = new Uri(arguments[0]);
        if (!address.IsLoopback)
            throw new ArgumentException($"The test is for services on this machine, not for '{address.Host}'.");
        byte[][] images = [.. Directory.EnumerateFiles(arguments[1], "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)];
        int process = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        int connections = Math.Min(Read(arguments, 3, 64), MostConnections), seconds = Math.Min(Read(arguments, 4, 30), MostSeconds);
        double bad = arguments.Length > 5 ? double.Parse(arguments[5], CultureInfo.InvariantCulture) : 0.2;

        var results = new ConcurrentBag<Result>();
        var clock = Stopwatch.StartNew();
        var ends = new Ending(TimeSpan.FromSeconds(seconds));
        Task[] clients = [.. Enumerable.Range(0, connections).Select(number => Task.Run(() => ServeAsync(address, images, bad, number, clock, ends, results)))];
        for (int line = 1; line <= Lines; line++)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)seconds / Lines));
            Console.WriteLine(Invariant($"{clock.Elapsed.TotalSeconds,6:F1} s {results.Count,9} answers, memory of the service {ReadMemory(process),5} MiB"));
        }

        ends.IsStopping = true;
        Process.Start("kill", ["-TERM", $"{process}"]).WaitForExit();
        await Task.WhenAll(clients);
        return Print(results, clock.Elapsed, seconds, connections);
    }

    /// <summary>One client after the other on one connection, until the time is over and the service takes no more.</summary>
    private static async Task ServeAsync(Uri address, byte[][] images, double bad, int number, Stopwatch clock, Ending ends, ConcurrentBag<Result> results)
    {
        var random = new Random(number);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = address };
        while (clock.Elapsed < ends.Time + TimeSpan.FromSeconds(30))
        {
            bool isStopping = ends.IsStopping;
            Kind kind = isStopping || random.NextDouble() >= bad ? Good : BadKinds[random.Next(BadKinds.Length)];
            using var request = new HttpRequestMessage(HttpMethod.Post, "predict") { Content = kind.Make(images[random.Next(images.Length)]) };
            request.Headers.ExpectContinue = kind.ExpectsContinue;
            using var leave = new CancellationTokenSource();
            if (kind.Expected is null)
                leave.CancelAfter(random.Next(3));
            long start = Stopwatch.GetTimestamp();
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request, leave.Token);
                results.Add(new Result(kind, response.StatusCode, Stopwatch.GetElapsedTime(start).TotalMilliseconds, isStopping,
                    response.Headers.RetryAfter is not null, null));
            }
            catch (OperationCanceledException) when (kind.Expected is null)
            {
                results.Add(new Result(kind, null, Stopwatch.GetElapsedTime(start).TotalMilliseconds, isStopping, false, null));
            }
            catch (HttpRequestException failure) when (ends.IsStopping && failure.HttpRequestError == HttpRequestError.ConnectionError)
            {
                return; // there is nobody to connect to any more; other errors are lost requests
            }
            catch (HttpRequestException failure)
            {
                results.Add(new Result(kind, null, Stopwatch.GetElapsedTime(start).TotalMilliseconds, isStopping || ends.IsStopping, false,
                    failure.GetBaseException().Message));
            }
        }
    }

    private static int Print(ConcurrentBag<Result> results, TimeSpan time, int seconds, int connections)
    {
        Console.WriteLine();
        Console.WriteLine(Invariant($"{connections} connections, {seconds} s, {results.Count} requests; {results.Count(result => result.Status == HttpStatusCode.OK && !result.IsStopping) / (double)seconds:F0} images/s"));
        Console.WriteLine($"{"request",-22}{"answers",9}{"as expected",13}{"503",7}{"median ms",11}{"95 %",8}{"99 %",8}{"most",8}");
        int faults = 0;
        foreach (IGrouping<Kind, Result> group in results.Where(result => !result.IsStopping).GroupBy(result => result.Kind)
            .OrderBy(group => Array.IndexOf(BadKinds, group.Key)))
        {
            double[] times = [.. group.Select(result => result.Milliseconds).Order()];
            int busy = group.Count(result => result.Status == HttpStatusCode.ServiceUnavailable && result.HasRetryAfter);
            int expected = group.Count(result => group.Key.Expected is null ? result.Failure is null : result.Status == group.Key.Expected);
            faults += times.Length - expected - busy;
            Console.WriteLine(Invariant(
                $"{group.Key.Name,-22}{times.Length,9}{expected,13}{busy,7}{At(times, 0.5),11:F1}{At(times, 0.95),8:F1}{At(times, 0.99),8:F1}{times[^1],8:F0}"));
        }

        Result[] late = [.. results.Where(result => result.IsStopping)];
        int lost = late.Count(result => result.Failure is not null);
        Console.WriteLine(Invariant($"while the service stopped: {late.Length - lost} answers, {lost} requests lost; all ended after {time.TotalSeconds:F1} s"));
        foreach (IGrouping<string, Result> failure in results.Where(result => result.Failure is not null)
            .GroupBy(result => $"{result.Kind.Name}: {result.Failure}"))
            Console.WriteLine($"  {failure.Count()} × {failure.Key}");
        Console.WriteLine($"{faults + lost} faults");
        return faults + lost == 0 ? 0 : 1;
    }

    private static HttpContent Content(byte[] image) => new ByteArrayContent(image) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };

    private static byte[] Damage(byte[] image)
    {
        byte[] damaged = [.. image];
        damaged[image.Length / 2] ^= 0x10;
        return damaged;
    }

    private static double At(double[] sorted, double share) => sorted[(int)(share * (sorted.Length - 1))];

    private static int Read(string[] arguments, int index, int otherwise) =>
        arguments.Length > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

    private static long ReadMemory(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>A kind of request, and the answer that it must get; none where the client leaves.</summary>
    private sealed record Kind(string Name, HttpStatusCode? Expected, Func<byte[], HttpContent> Make)
    {
        public bool ExpectsContinue { get; init; }
    }

    private sealed record Result(Kind Kind, HttpStatusCode? Status, double Milliseconds, bool IsStopping, bool HasRetryAfter, string? Failure);

    private sealed class Ending(TimeSpan time)
    {
        public volatile bool IsStopping;

        public TimeSpan Time => time;
    }
}
