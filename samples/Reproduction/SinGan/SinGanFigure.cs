using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>The paper's figure of zipped generators: rows of images of two SinGANs alone and zipped, deeper from row to row.</summary>
internal sealed class SinGanFigure(string first, string second, string output, int images, int calibrationImages)
{
    private const float Visible = 1e-3f;

    /// <summary>Zips, generates, writes <c>singan.png</c> and prints how far the zipped generators' images are from those of the generators alone.</summary>
    public void Run()
    {
        Pyramid[] pyramids = [Pyramid.Load(first), Pyramid.Load(second)];
        var zipped = new ZippedPyramids(pyramids[0], pyramids[1], calibrationImages);
        foreach (Pyramid pyramid in pyramids)
            PrintReconstruction(pyramid);

        Tensor[][] alone = [.. Enumerable.Range(0, 2)
            .Select(pyramid => Enumerable.Range(0, images).Select(seed => zipped.GenerateAlone(pyramid, seed)).ToArray())];
        var rows = new List<(string, IReadOnlyList<Tensor>)> { ("apart", [.. alone[0], .. alone[1]]) };
        Table table = new Table().AddColumn($"layers zipped of {zipped.MostLayers + 1}")
            .AddColumns([.. pyramids.Select(pyramid => new TableColumn($"difference, {pyramid.Name}").RightAligned())])
            .AddColumn(new TableColumn("seconds").RightAligned());
        for (int layers = 1; layers <= zipped.MostLayers; layers++)
        {
            var clock = Stopwatch.StartNew();
            IReadOnlyList<Network> networks = AnsiConsole.Status().Start(
                $"zipping {layers} layers",
                status => zipped.Zip(
                    layers, new ZipOptions { CalibrationCheck = CalibrationCheck.Skip },
                    scale => status.Status($"zipping {layers} layers: {scale} of {pyramids[0].Scales} scales done")));
            double seconds = clock.Elapsed.TotalSeconds;
            Tensor[][] generated = [.. Enumerable.Range(0, 2).Select(pyramid =>
                Enumerable.Range(0, images).Select(seed => zipped.Generate(networks, pyramid, seed)).ToArray())];
            rows.Add(($"{layers} of {zipped.MostLayers + 1} layers zipped", [.. generated[0], .. generated[1]]));
            table.AddRow(
                [$"{layers}", .. generated.Select((set, i) => Format(set.Zip(alone[i]).Average(pair => Differ(pair.First, pair.Second)))),
                seconds.ToString("F1", CultureInfo.InvariantCulture)]);
        }

        AnsiConsole.Write(table);
        Directory.CreateDirectory(output);
        string path = Path.Combine(output, "singan.png");
        ImageGrid.Save(rows, path);
        AnsiConsole.MarkupLineInterpolated($"wrote {path}");
    }

    /// <summary>The noise that it was trained with must give the image that it was trained on.</summary>
    private static void PrintReconstruction(Pyramid pyramid)
    {
        if (pyramid.Reconstruction.Count == 0 || pyramid.Image is null)
            return;
        var chain = new Chain(pyramid, pyramid.Sizes, [.. pyramid.Sizes.Select((size, scale) => pyramid.CreateNetwork(scale, size))], pyramid.Name);
        double difference = Differ(chain.Generate(pyramid.Reconstruction), pyramid.Image);
        AnsiConsole.MarkupLineInterpolated(
            $"{pyramid.Name}: {pyramid.Scales} scales, {pyramid.Sizes[^1]} pixels; reconstructs its image up to {Format(difference)}");
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
