using System.Diagnostics;
using System.Globalization;
using Reproduction.Results;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.SinGan;

/// <summary>The paper's figure of zipped generators: rows of images of two SinGANs alone and zipped, deeper from row to row.</summary>
/// <param name="first">Folder of a SinGAN.</param>
/// <param name="second">Folder of another one.</param>
/// <param name="output">Folder for results.</param>
/// <param name="images">Images of each generator in a row.</param>
/// <param name="calibrationImages">Images that each generator makes to calibrate with.</param>
internal sealed class SinGanFigure(string first, string second, string output, int images, int calibrationImages)
{
    private const float Visible = 1e-3f;

    /// <summary>Zips, generates, and writes the figure with how far the zipped generators' images are from those of the generators alone.</summary>
    /// <param name="command">The command line that does it again.</param>
    public void Run(string command)
    {
        var clock = Stopwatch.StartNew();
        Pyramid[] pyramids = [Pyramid.Load(first), Pyramid.Load(second)];
        var zipped = new ZippedPyramids(pyramids[0], pyramids[1], calibrationImages);
        Tensor[][] alone = [.. Enumerable.Range(0, 2)
            .Select(pyramid => Enumerable.Range(0, images).Select(seed => zipped.GenerateAlone(pyramid, seed)).ToArray())];
        var rows = new List<(string, IReadOnlyList<Tensor>)> { ("apart", [.. alone[0], .. alone[1]]) };
        var table = new List<IReadOnlyList<string>>();
        for (int layers = 1; layers <= zipped.MostLayers; layers++)
        {
            var zipClock = Stopwatch.StartNew();
            IReadOnlyList<Network> networks = AnsiConsole.Status().Start(
                $"zipping {layers} layers",
                status => zipped.Zip(
                    layers, new ZipOptions { CalibrationCheck = CalibrationCheck.Skip },
                    scale => status.Status($"zipping {layers} layers: {scale} of {pyramids[0].Scales} scales done")));
            double seconds = zipClock.Elapsed.TotalSeconds;
            Tensor[][] generated = [.. Enumerable.Range(0, 2).Select(pyramid =>
                Enumerable.Range(0, images).Select(seed => zipped.Generate(networks, pyramid, seed)).ToArray())];
            rows.Add(($"{layers} of {zipped.MostLayers + 1} layers zipped", [.. generated[0], .. generated[1]]));
            table.Add(
                [$"{layers}", .. generated.Select((set, i) => Format(set.Zip(alone[i]).Average(pair => Differ(pair.First, pair.Second)))),
                seconds.ToString("F1", CultureInfo.InvariantCulture)]);
            AnsiConsole.MarkupLineInterpolated($"{layers} layers zipped: differences {table[^1][1]}, {table[^1][2]}; {seconds:F1} s");
        }

        new ResultDocument("singan", "Zipped SinGANs", command, [new ResultSection(
            "Generated images",
            [
                "The generator of each scale is zipped up to the layer that the row names; what follows stays each one's own. Images are generated from the same "
                    + "noise, those of both in the first one's sizes. Differences are root mean squares over pixels of −1 … 1, from what the generators make alone.",
            ], new ResultTable([
                $"layers zipped of {zipped.MostLayers + 1}", .. pyramids.Select(pyramid => $"difference, {pyramid.Name}"), "zipping, s"], table))
            {
                Picture = new ResultPicture("singan.png", "Images of both generators, zipped deeper from row to row", ImageGrid.Draw(rows)),
            }])
        {
            Duration = clock.Elapsed,
            Facts =
            [
                .. pyramids.Select(pyramid => new ReportFact(pyramid.Name, Describe(pyramid))),
                new ReportFact("images", $"{images} of each generator"),
                new ReportFact("calibration", $"{calibrationImages} images that each generator makes"),
            ],
        }.Write(output);
    }

    /// <summary>Its size, and how well the noise that it was trained with gives the image that it was trained on.</summary>
    private static string Describe(Pyramid pyramid)
    {
        string size = $"{pyramid.Scales} scales, {pyramid.Sizes[^1]} pixels";
        if (pyramid.Reconstruction.Count == 0 || pyramid.Image is null)
            return size;
        var chain = new Chain(pyramid, pyramid.Sizes, [.. pyramid.Sizes.Select((own, scale) => pyramid.CreateNetwork(scale, own))], pyramid.Name);
        return $"{size}; reconstructs the image that it was trained on up to {Format(Differ(chain.Generate(pyramid.Reconstruction), pyramid.Image))}";
    }

    /// <summary>Root mean square difference of two images of −1 … 1.</summary>
    private static double Differ(Tensor a, Tensor b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (a.Span[i] - b.Span[i]) * (a.Span[i] - b.Span[i]);
        return Math.Sqrt(sum / a.Length);
    }

    private static string Format(double difference) => difference.ToString(difference < Visible ? "E1" : "F3", CultureInfo.InvariantCulture);
}
