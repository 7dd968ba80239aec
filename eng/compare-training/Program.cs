using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZipIt.MLNet;
using ZipIt.TorchSharp;

var train = new Argument<FileInfo>("TRAIN") { Description = "Images to learn from, in CIFAR-10's binary layout." };
var test = new Argument<FileInfo>("TEST") { Description = "Images to measure with." };
var epochs = new Option<int>("--epochs") { Description = "Number of passes over the images.", DefaultValueFactory = _ => 10 };
var runs = new Option<int>("--runs") { Description = "How many times both train, each time from another seed.", DefaultValueFactory = _ => 3 };
var threads = new Option<int>("--threads") { Description = "Number of threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
var python = new Option<string>("--python") { Description = "A Python with PyTorch.", DefaultValueFactory = _ => "/usr/bin/python3" };

var command = new RootCommand("Compares the trainer with an equal loop in PyTorch: ResNet-20, the same images, epochs, schedule and augmentation.")
{
    train, test, epochs, runs, threads, python,
};
command.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    var results = new List<(double Accuracy, double Seconds)[]>();
    for (int seed = 1; seed <= arguments.GetValue(runs); seed++)
    {
        var files = (Train: arguments.GetRequiredValue(train).FullName, Test: arguments.GetRequiredValue(test).FullName);
        results.Add(
        [
            Train(files.Train, files.Test, arguments.GetValue(epochs), seed, arguments.GetValue(threads)),
            RunLoop(arguments.GetRequiredValue(python), files.Train, files.Test, arguments.GetValue(epochs), seed, arguments.GetValue(threads)),
        ]);
        Console.WriteLine(Format($"run {seed}", results[^1]));
    }

    Console.WriteLine(Format("mean", [.. Enumerable.Range(0, 2)
        .Select(i => (results.Average(run => run[i].Accuracy), results.Average(run => run[i].Seconds)))]));
});
return command.Parse(args).Invoke();

static string Format(string name, (double Accuracy, double Seconds)[] run) => string.Join("   ",
    $"{name,-6} trainer {run[0].Accuracy:P2}, {run[0].Seconds:F1} s an epoch",
    $"PyTorch {run[1].Accuracy:P2}, {run[1].Seconds:F1} s an epoch",
    $"{100 * (run[0].Accuracy - run[1].Accuracy):+0.00;-0.00} points, {run[0].Seconds / run[1].Seconds:F2} of the time");

static (double Accuracy, double Seconds) Train(string train, string test, int epochs, int seed, int threads)
{
    torch.set_num_threads(threads);
    var context = new MLContext(seed);
    var end = TimeSpan.Zero;
    var options = new ImageClassifierTrainer.Options { Epochs = epochs, Seed = seed, Progress = new Clock(progress => end = progress.Elapsed) };
    ZipTransformer model = context.MulticlassClassification.Trainers.ImageClassifier(options).Fit(Load(context, train));
    return (context.MulticlassClassification.EvaluateZip(model.Transform(Load(context, test))).JointAccuracy, end.TotalSeconds / epochs);
}

static IDataView Load(MLContext context, string path) => context.Data.LoadFromEnumerable(File.ReadAllBytes(path).Chunk(3073).Select(record => new Row
{
    Label = record[0] + 1u,
    Pixels = Array.ConvertAll(record[1..], value => (float)value),
}));

static (double Accuracy, double Seconds) RunLoop(string python, string train, string test, int epochs, int seed, int threads)
{
    string script = Path.Combine(AppContext.BaseDirectory, "loop.py");
    var start = new ProcessStartInfo(python, [script, train, test, $"{epochs}", $"{seed}", $"{threads}"]) { RedirectStandardOutput = true };
    using Process process = Process.Start(start)!;
    double[] figures = [.. process.StandardOutput.ReadToEnd().Split(' ').Select(double.Parse)];
    process.WaitForExit();
    return (figures[0], figures[1]);
}

internal sealed class Row
{
    [KeyType(10)]
    public uint Label { get; set; }

    [VectorType(3, 32, 32)]
    public float[] Pixels { get; set; } = [];
}

internal sealed class Clock(Action<ImageTrainingProgress> report) : IProgress<ImageTrainingProgress>
{
    public void Report(ImageTrainingProgress value) => report(value);
}
