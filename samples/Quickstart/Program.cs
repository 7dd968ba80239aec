using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Quickstart;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

string data = Path.Combine(AppContext.BaseDirectory, "data"), models = Path.Combine(data, "models");
var mlContext = new MLContext(seed: 1);

// Two classifiers, trained by themselves. Their outputs are compared with a vector per class; most networks have one score per class, and need no prototypes.
var normalization = ChannelAffine.FromNormalization(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.2010]);
string prototypes = Path.Combine(models, "prototypes.safetensors");
var a = ZipClassifier.FromCheckpoint("A", Path.Combine(models, "resnet20-w1-a.pt"), ["airplane", "bird", "deer", "frog", "ship"],
    ClassPrototypes.Load(prototypes, scale: 30, rows: [0, 2, 4, 6, 8]), normalization);
var b = ZipClassifier.FromCheckpoint("B", Path.Combine(models, "resnet20-w1-b.pt"), ["automobile", "cat", "dog", "horse", "truck"],
    ClassPrototypes.Load(prototypes, scale: 30, rows: [1, 3, 5, 7, 9]), normalization);

// Images are read once, since every row of the table needs their pixels again.
IEstimator<ITransformer> loading = mlContext.Transforms.LoadImages("Image", imageFolder: "", nameof(ImageFile.ImagePath))
    .Append(mlContext.Transforms.ResizeImages("Image", 32, 32))
    .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image"));
ImageFile[] testFiles = ImageFile.FindAll(Path.Combine(data, "images", "test"));
IDataView calibrationRows = mlContext.Data.LoadFromEnumerable(ImageFile.FindAll(Path.Combine(data, "images", "calibration")));
IDataView testRows = mlContext.Data.LoadFromEnumerable(testFiles);
ITransformer loader = loading.Fit(calibrationRows);
IDataView calibration = mlContext.Data.Cache(loader.Transform(calibrationRows), "Pixels");
IDataView test = mlContext.Data.Cache(loader.Transform(testRows), "Pixels", nameof(ImageFile.Label));

// Fit, score and measure: with each classifier alone, and with both, by several methods. A number of layers says how far both share one network.
Table table = CreateTable(["Model", "FLOPs", "joint %", "task A %", "task B %", "avg %", "fit s"]);
ZipCut all = ZipCut.Everything;
Measure("Model A", new ZipEstimator.Options(), a);
Measure("Model B", new ZipEstimator.Options(), b);
Measure("weight averaging 20/20", new ZipEstimator.Options { Method = ZipMethod.Paper, Cut = all, Matcher = new IdentityMatcher() }, a, b);
Measure("permute 20/20", new ZipEstimator.Options { Method = ZipMethod.Paper, Cut = all, Matcher = new PermutationMatcher() }, a, b);
foreach ((string name, ZipMethod method) in (ReadOnlySpan<(string, ZipMethod)>)[("ZipIt", ZipMethod.Paper), ("select and refit", ZipMethod.Best)])
{
    Measure($"{name} 20/20", new ZipEstimator.Options { Method = method, Cut = all }, a, b);
    Measure($"{name} 13/20", new ZipEstimator.Options { Method = method, Cut = ZipCut.AfterLayers(13) }, a, b);
    Measure($"{name} 7/20", new ZipEstimator.Options { Method = method, Cut = ZipCut.AfterLayers(7) }, a, b);
}

Measure("ensemble", new ZipEstimator.Options { Method = ZipMethod.Paper, Cut = ZipCut.Nothing }, a, b);
Measure("ensemble, calibrated", new ZipEstimator.Options { Cut = ZipCut.Nothing }, a, b);
AnsiConsole.Write(table);
AnsiConsole.WriteLine("FLOPs: multiply-adds per image. Joint: the right one of all classes; task: the right one of the image's own task; avg: their mean.");

// The whole pipeline, from paths of images to predictions, is one model to save, load and ask.
ITransformer model = loading.Append(mlContext.Transforms.Zip("Pixels", a, b)).Fit(calibrationRows);
string path = Path.Combine(Path.GetTempPath(), $"zipped-{Environment.ProcessId}.zip");
mlContext.Model.SaveZip(model, testRows.Schema, path);
var fresh = new MLContext();
ITransformer loaded = fresh.Model.Load(path, out _);
File.Delete(path);

float[][] before = [.. model.Transform(testRows).GetColumn<float[]>("Score")], after = [.. loaded.Transform(testRows).GetColumn<float[]>("Score")];
int same = before.Zip(after).Count(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
AnsiConsole.WriteLine($"Saved and loaded: {same} predictions are identical bit for bit.");

string[] labels = [.. a.Labels, .. b.Labels];
using PredictionEngine<ImageFile, ImagePrediction> engine = fresh.Model.CreatePredictionEngine<ImageFile, ImagePrediction>(loaded);
Table single = CreateTable(["image", "probability", "label"]);
foreach (ImageFile image in testFiles.Where((_, i) => i % 100 == 50))
{
    float[] scores = engine.Predict(image).Score;
    float best = scores.Max();
    single.AddRow(Path.GetRelativePath(Path.Combine(data, "images", "test"), image.ImagePath), $"{Percent(best)} %", labels[Array.IndexOf(scores, best)]);
}

AnsiConsole.Write(single);

void Measure(string name, ZipEstimator.Options options, params ZipClassifier[] classifiers)
{
    AnsiConsole.WriteLine($"{name} …");
    var clock = Stopwatch.StartNew();
    ZipTransformer zipped = mlContext.Transforms.Zip(options, classifiers).Fit(calibration);
    double seconds = clock.Elapsed.TotalSeconds;
    ZipMetrics metrics = mlContext.MulticlassClassification.EvaluateZip(zipped.Transform(test));

    // A classifier alone does not know the other's classes: all their images count as wrong.
    double joint = metrics.JointAccuracy * metrics.NumberOfRows / testFiles.Length;
    string Accuracy(string task) => metrics.Tasks.FirstOrDefault(known => known.Name == task) is { } known ? Percent(known.Accuracy) : "–";
    table.AddRow(name, $"{NetworkCost.Of(zipped.Network).MultiplyAdds / 1e6:F1} M", Percent(joint), Accuracy("A"), Accuracy("B"),
        classifiers.Length > 1 ? Percent(metrics.AverageAccuracy) : "–", $"{seconds:F1}");
}

static Table CreateTable(string[] columns)
{
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = 140; // nobody knows the width of a file
    var table = new Table();
    foreach (string column in columns)
        table.AddColumn(column == columns[0] ? new TableColumn(column) : new TableColumn(column).RightAligned());
    return table;
}

static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture);
