using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.Fuzzing;

/// <summary>
/// Reads one file as an application would, scores an image with what came out, and measures what that took; meant for a process of its own. The kind of file is
/// told by its content. Something small of each kind has been read before, so that what .NET takes for itself does not count.
/// </summary>
internal static class FileTrial
{
    private const double MostSeconds = 2;
    private const long Allowance = 64 << 20;
    private const int Factor = 4;

    /// <summary>Tries a file and prints a line: name, bytes, seconds of the processor (and by the clock), MiB, the limit in MiB, and what came out.</summary>
    /// <returns>Whether time and memory stayed within limits, and only documented exceptions were thrown.</returns>
    public static bool Run(string path)
    {
        Func<string, string> read = ChooseReader(path);
        WarmUp();
        GC.Collect();
        long before = ReadMemory("VmRSS");
        ResetPeak();
        var clock = Stopwatch.StartNew();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        bool isDocumented = true;
        string outcome;
        try
        {
            outcome = read(path);
        }
        catch (Exception refusal) when (refusal is InvalidDataException or FormatException or ArgumentException || FindFormatException(refusal) is not null)
        {
            outcome = "refused: " + (FindFormatException(refusal) ?? refusal).Message;
        }
        catch (Exception fault)
        {
            outcome = $"{fault.GetType().Name}: {fault.Message}";
            isDocumented = false;
        }

        // On a busy machine the process waits for its turn, which is not the file's fault.
        double seconds = Math.Min(clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        long length = new FileInfo(path).Length, taken = Math.Max(ReadMemory("VmHWM") - before, 0), limit = Allowance + Factor * length;
        bool isGood = isDocumented && seconds < MostSeconds && taken < limit;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(path),-40}{length,10}{seconds,7:F2} s ({clock.Elapsed.TotalSeconds:F1}){taken / 1048576.0,8:F1} MiB of {limit / 1048576.0:F0}  {(isGood ? "" : "FAULT ")}{Shorten(outcome)}"));
        return isGood;
    }

    private static Func<string, string> ChooseReader(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[8];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (start[..length].StartsWith("ZIPITNET"u8))
            return ReadNetwork;
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
            return ReadOnnx;
        return start[..length].StartsWith("PK"u8) && path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? ReadModel : ReadCheckpoint;
    }

    private static void WarmUp()
    {
        string folder = Directory.CreateTempSubdirectory("zipit").FullName;
        try
        {
            foreach ((string target, string extension, Func<string, string> read) in ((string, string, Func<string, string>)[])
                [("checkpoint", "pt", ReadCheckpoint), ("onnx", "onnx", ReadOnnx)])
            {
                string path = Path.Combine(folder, $"seed.{extension}");
                foreach (byte[] seed in FuzzTargets.Find(target).MakeSeeds())
                {
                    File.WriteAllBytes(path, seed);
                    read(path);
                }
            }

            ReadModel(Path.Combine(AppContext.BaseDirectory, "zipped-model-v1.zip"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string ReadCheckpoint(string path) => $"{Checkpoint.Load(path).Count} tensors";

    private static string ReadNetwork(string path) => RunNetwork(NetworkFile.Load(path));

    private static string ReadOnnx(string path) => RunNetwork(OnnxNetwork.Load(path).Network);

    private static string RunNetwork(Network network)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1 });
        session.Run([.. network.Inputs.Select(node => (ReadOnlyMemory<float>)new float[Count(network.ShapeOf(node))])], 1);
        return $"{network.Nodes.Count} nodes, first output {session.GetOutput(0)[0]}";
    }

    private static string ReadModel(string path)
    {
        var context = new MLContext(1);
        var model = (ZipTransformer)context.Model.LoadZip(path, out _);
        _ = model.Report?.ToText();
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        SchemaDefinition.Column column = schema[nameof(Row.Pixels)];
        var row = new Row { Pixels = new float[Count(model.Network.ShapeOf(model.Network.Inputs[0]))] };
        (column.ColumnType, column.ColumnName) = (new VectorDataViewType(NumberDataViewType.Single, row.Pixels.Length), model.InputColumnName);
        IDataView scored = model.Transform(context.Data.LoadFromEnumerable([row], schema));
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema[$"{model.OutputColumnNamePrefix}Score"]);
        VBuffer<float> score = default;
        cursor.MoveNext();
        getScore(ref score);
        return $"{score.Length} classes, first score {score.GetItemOrDefault(0)}";
    }

    private static int Count(ReadOnlySpan<int> shape) => shape[0] * shape[1] * shape[2];

    private static FormatException? FindFormatException(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is FormatException format)
                return format;
        }

        return null;
    }

    private static string Shorten(string text) => text.Length <= 300 ? text.ReplaceLineEndings(" ") : text[..300].ReplaceLineEndings(" ") + " …";

    /// <summary>A figure of this process in bytes, as Linux keeps it.</summary>
    private static long ReadMemory(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private sealed class Row
    {
        public float[] Pixels { get; set; } = [];
    }
}
