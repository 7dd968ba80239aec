using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// What is promised of bits: the same ones for any number of threads, any grouping into batches and any run, with one kind of vector instructions. With other
/// ones sums are rounded differently: predictions are the same but for images that two classes fit about equally well.
/// </summary>
public sealed class InstructionSetTests
{
    private const int Images = 40;

    private static readonly string[] Restrictions = ["", "DOTNET_EnableAVX512", "DOTNET_EnableAVX2"];

    [Fact]
    public void Fit_OtherInstructions_GivesSameBitsWithEachAndCloseScoresWithAll()
    {
        Dictionary<string, Outcome>[] outcomes = [.. Restrictions.Select(Run)];
        Assert.Equal(outcomes[0].Values.Select(outcome => outcome.Hash), Run("").Values.Select(outcome => outcome.Hash));

        foreach (Dictionary<string, Outcome> other in outcomes[1..])
        {
            foreach ((string method, Outcome expected) in outcomes[0])
            {
                Outcome actual = other[method];
                int same = expected.Labels.Zip(actual.Labels).Count(pair => pair.First == pair.Second);
                Assert.True(same >= 0.9 * Images, $"{method}: {same} of {Images} images get the same label.");
                double largest = expected.Scores.Zip(actual.Scores).Max(pair => Math.Abs(pair.First - pair.Second));
                Assert.True(largest < 0.05, $"{method}: a score differs by {largest}.");
            }
        }
    }

    /// <summary>Prints a line for each method: its name, a hash of the weights and scores, and labels and scores.</summary>
    internal static void PrintModels()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var context = new MLContext(1);
        foreach (ZipMethod method in (ZipMethod[])[ZipMethod.Paper, ZipMethod.Best])
        {
            string? first = null;
            foreach ((int threads, int batch) in (ReadOnlySpan<(int, int)>)[(1, 7), (2, 32)])
            {
                ZipTransformer model = Samples.Fit(context, new ZipEstimator.Options { Method = method, NumberOfThreads = threads, BatchSize = batch });
                Prediction[] rows = [.. context.Data.CreateEnumerable<Prediction>(model.Transform(Samples.View(context, Images, seed: 9)),
                    reuseRowObject: false)];
                using var stream = new MemoryStream();
                NetworkFile.Save(model.Network, stream);
                foreach (Prediction row in rows)
                    stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(row.Score));
                string hash = Convert.ToHexString(SHA256.HashData(stream.ToArray()));
                if (first is not null && first != hash)
                    throw new InvalidOperationException($"{method}: {threads} threads and batches of {batch} give other bits.");
                if (first is null)
                    Console.WriteLine($"{method} {hash} {string.Join(',', rows.Select(row => row.PredictedLabel))} {string.Join(',', rows.SelectMany(row => row.Score!))}");
                first = hash;
            }
        }
    }

    private static Dictionary<string, Outcome> Run(string restriction)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(InstructionSetTests).Assembly.Location, "zip"]) { RedirectStandardOutput = true,
            RedirectStandardError = true };
        if (restriction.Length > 0)
            start.Environment[restriction] = "0";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{restriction}: {output} {errors.Result}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(
            parts => parts[0],
            parts => new Outcome(
                parts[1],
                [.. parts[2].Split(',').Select(label => int.Parse(label, CultureInfo.InvariantCulture))],
                [.. parts[3].Split(',').Select(score => double.Parse(score, CultureInfo.InvariantCulture))]));
    }

    private sealed record Outcome(string Hash, int[] Labels, double[] Scores);
}
