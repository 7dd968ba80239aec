using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ZipIt.Networks;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit bench</c>: how fast a model is on this machine.</summary>
internal static class BenchCommand
{
    private const int Rounds = 5;
    private const int LargestBatch = 4096;

    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var models = new ModelOptions(ArgumentArity.OneOrMore, "A checkpoint, an ONNX file, a model zip, or a folder with a models.json.");
        var batches = new Option<string>("--batches")
        {
            Description = "Numbers of images that are run together.",
            DefaultValueFactory = _ => "1,8,64",
            HelpName = "list",
        };
        var seconds = new Option<double>("--seconds")
        {
            Description = "How long each number is measured.",
            DefaultValueFactory = _ => 2,
            HelpName = "seconds",
        };
        var command = new Command("bench", "Measures how many images a second a model classifies on this machine, on noise.") { batches, seconds };
        models.AddTo(command);
        return common.Bind(command, arguments =>
        {
            int[] sizes = ReadBatches(arguments.GetRequiredValue(batches));
            double time = arguments.GetValue(seconds);
            if (time is not (> 0 and <= 3600))
                throw new UsageException("--seconds takes a number above 0 and up to 3600.");
            ModelFile[] files = ModelOptions.Load(models.Read(arguments), session.CreateContext(), needsLabels: false);
            double[][] speeds = [.. files.Select(file => sizes.Select(size => Measure(session, file, size, time)).ToArray())];
            session.Progress.Finish("Bench");
            if (session.IsJson)
                session.WriteJson(writer =>
                {
                    writer.WriteStartArray();
                    for (int f = 0; f < files.Length; f++)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("file", files[f].Entry.FullPath);
                        writer.WriteNumber("multiplyAdds", files[f].Cost.MultiplyAdds);
                        writer.WriteStartArray("batches");
                        for (int b = 0; b < sizes.Length; b++)
                        {
                            writer.WriteStartObject();
                            writer.WriteNumber("batch", sizes[b]);
                            writer.WriteNumber("imagesPerSecond", speeds[f][b]);
                            writer.WriteNumber("millisecondsPerBatch", 1000 * sizes[b] / speeds[f][b]);
                            writer.WriteEndObject();
                        }

                        writer.WriteEndArray();
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                });
            else
                session.WriteTable(1, ["model", "batch", "images/s", "ms/batch"], files.SelectMany((file, f) => sizes.Select((size, b) => (string[])
                [
                    file.Name,
                    $"{size}",
                    speeds[f][b].ToString("0", CultureInfo.InvariantCulture),
                    (1000 * size / speeds[f][b]).ToString("0.00", CultureInfo.InvariantCulture),
                ])));
        });
    }

    private static int[] ReadBatches(string text)
    {
        int[] sizes = [.. text.Split(',', StringSplitOptions.TrimEntries)
            .Select(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        return sizes.All(size => size is >= 1 and <= LargestBatch) ? sizes
            : throw new UsageException($"--batches takes numbers from 1 to {LargestBatch} with commas between them, found '{text}'.");
    }

    /// <summary>The median over some rounds, in images a second; planning and the first run do not count.</summary>
    private static double Measure(ToolSession session, ModelFile file, int batch, double seconds)
    {
        ReadOnlySpan<int> shape = file.ImageShape;
        var pixels = new float[checked(batch * shape[0] * shape[1] * shape[2])];
        var random = new Random(session.Seed);
        foreach (ref float pixel in pixels.AsSpan())
            pixel = random.Next(256);
        using INetworkSession runner = session.Engine.CreateSession(file.Network, new SessionOptions { MaximumBatchSize = batch, Threads = session.Threads });
        runner.Run(pixels, batch);
        var speeds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            session.Progress.Report("Bench", "rounds", round, Rounds);
            var clock = Stopwatch.StartNew();
            long images = 0;
            do
            {
                session.Cancellation.ThrowIfCancellationRequested();
                runner.Run(pixels, batch);
                images += batch;
            }
            while (clock.Elapsed.TotalSeconds < seconds / Rounds);
            speeds[round] = images / clock.Elapsed.TotalSeconds;
        }

        Array.Sort(speeds);
        return speeds[Rounds / 2];
    }
}
