using System.Globalization;
using Microsoft.ML;
using Spectre.Console;
using TorchSharp;
using ZipIt.MLNet;
using ZipIt.TorchSharp;

namespace TrainAndZip;

/// <summary>Trains a classifier of animals and one of vehicles, zips them, and measures what each of the three knows.</summary>
internal sealed class Experiment(string images, int epochs, int depth, int imagesPerClass, bool fineTunes, string? output)
{
    private const int FineTuningBatch = 64;
    private const double FineTuningRate = 0.0005;
    private const double LongestGradient = 1;

    private static readonly (string Task, string[] Classes)[] Tasks =
    [
        ("animals", ["bird", "cat", "deer", "dog", "frog", "horse"]),
        ("vehicles", ["airplane", "automobile", "ship", "truck"]),
    ];

    private readonly MLContext _context = new(seed: 1);

    public void Run()
    {
        ImagePixels[][] training = [.. Tasks.Select(task => Decode("test", task.Classes, imagesPerClass))];
        ImagePixels[] test = Decode("calibration", Tasks.SelectMany(task => task.Classes), int.MaxValue);
        AnsiConsole.MarkupLineInterpolated($"{training.Sum(set => set.Length)} images to train on, {test.Length} others to measure with");

        ZipTransformer[] trained = [.. Tasks.Select((task, i) => Train(task.Task, task.Classes, training[i], seed: i + 1))];
        ZipClassifier[] classifiers = [.. trained.Select((model, i) => ZipClassifier.FromTransformer(Tasks[i].Task, model))];
        ImagePixels[] all = Mix([.. training.SelectMany(set => set)]);
        ZipTransformer zipped = AnsiConsole.Status().Start("zipping", _ => _context.Transforms.Zip("Pixels", classifiers).Fit(Load(all)));

        Table table = new Table().AddColumn("Model");
        foreach (string column in (string[])["joint %", .. Tasks.Select(task => $"{task.Task} %")])
            table.AddColumn(new TableColumn(column).RightAligned());
        for (int i = 0; i < trained.Length; i++)
            AddRow(table, Tasks[i].Task, trained[i], test);
        AddRow(table, "zipped", zipped, test);
        if (fineTunes)
            AddRow(table, "zipped, fine-tuned", zipped = FineTune(zipped, all), test);
        AnsiConsole.Write(table);

        if (output is null)
            return;
        _context.Model.SaveZip(zipped, Load(test).Schema, output);
        AnsiConsole.MarkupLineInterpolated($"saved the zipped model: {new FileInfo(output).Length / 1024} KiB");
    }

    private ZipTransformer Train(string task, string[] classes, ImagePixels[] rows, int seed) => WithProgress($"training {task}", bar =>
    {
        var options = new ImageClassifierTrainer.Options
        {
            TaskName = task,
            Architecture = ImageArchitecture.CifarResNet(depth),
            Epochs = epochs,
            BatchSize = 64,
            Seed = seed,
            Progress = bar,
        };
        return _context.Transforms.Conversion.MapLabelToKey("Label", classes, "Class")
            .Append(_context.MulticlassClassification.Trainers.ImageClassifier(options))
            .Fit(Load(rows))
            .LastTransformer;
    });

    /// <summary>One epoch with the zipped network as a module: each image teaches the output of its own task.</summary>
    private ZipTransformer FineTune(ZipTransformer zipped, ImagePixels[] rows)
    {
        using NetworkModule module = zipped.ToModule();
        var optimizer = torch.optim.SGD(module.parameters(), FineTuningRate, 0.9);
        WithProgress("fine-tuning", bar =>
        {
            for (int first = 0; first < rows.Length; first += FineTuningBatch)
            {
                using DisposeScope scope = torch.NewDisposeScope();
                ImagePixels[] batch = rows[first..Math.Min(first + FineTuningBatch, rows.Length)];
                IReadOnlyList<torch.Tensor> outputs = module.call(torch.tensor(batch.SelectMany(row => row.Pixels).ToArray()).reshape(batch.Length, 3, 32, 32));
                torch.Tensor loss = torch.zeros(1);
                for (int task = 0; task < Tasks.Length; task++)
                {
                    long[] own = [.. Enumerable.Range(0, batch.Length).Where(i => Tasks[task].Classes.Contains(batch[i].Class)).Select(i => (long)i)];
                    if (own.Length == 0)
                        continue;
                    torch.Tensor labels = torch.tensor(own.Select(i => (long)Array.IndexOf(Tasks[task].Classes, batch[i].Class)).ToArray());
                    loss = loss.add(torch.nn.functional.cross_entropy(outputs[task].index_select(0, torch.tensor(own)), labels));
                }

                optimizer.zero_grad();
                loss.backward();

                // The refit has folded the normalizations into the weights: without them, a large step would do harm.
                torch.nn.utils.clip_grad_norm_(module.parameters(), LongestGradient);
                optimizer.step();
                bar.Report(new ImageTrainingProgress(1, 1, first + batch.Length, rows.Length, loss.item<float>(), 0, FineTuningRate, TimeSpan.Zero));
            }

            return true;
        });

        // A single classifier is not merged: it becomes a model as it is.
        ZipClassifier tuned = ZipClassifier.FromModule("zipped", module, zipped.Tasks);
        return _context.Transforms.Zip("Pixels", tuned).Fit(Load(rows));
    }

    private void AddRow(Table table, string name, ZipTransformer model, ImagePixels[] test)
    {
        // Who does not know a class is wrong about its images.
        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(model.Transform(Load(test)), labelColumnName: "Class");
        table.AddRow([
            name,
            Percent(metrics.JointAccuracy * metrics.NumberOfRows / test.Length),
            .. Tasks.Select(task => metrics.Tasks.FirstOrDefault(known => known.Name == task.Task) is { } known ? Percent(known.Accuracy) : "–"),
        ]);
    }

    /// <summary>Decodes images once: every pass over them would do it anew.</summary>
    private ImagePixels[] Decode(string set, IEnumerable<string> classes, int most)
    {
        IDataView files = _context.Data.LoadFromEnumerable(ImageFile.List(Path.Combine(images, set), classes, most));
        IDataView decoded = _context.Transforms.LoadImages("Image", imageFolder: "", nameof(ImageFile.ImagePath))
            .Append(_context.Transforms.ResizeImages("Image", 32, 32))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Image"))
            .Fit(files).Transform(files);
        return [.. _context.Data.CreateEnumerable<ImagePixels>(decoded, reuseRowObject: false)];
    }

    private IDataView Load(ImagePixels[] rows) => _context.Data.LoadFromEnumerable(rows);

    /// <summary>In an order that shows all classes in turn, the same on every run.</summary>
    private static ImagePixels[] Mix(ImagePixels[] rows)
    {
        new Random(1).Shuffle(rows);
        return rows;
    }

    private static T WithProgress<T>(string title, Func<IProgress<ImageTrainingProgress>, T> work) => AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(progress => work(new Bar(progress.AddTask(title), title)));

    private static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture);

    /// <summary>Moves a progress bar at once, on the thread that trains.</summary>
    private sealed class Bar(ProgressTask task, string title) : IProgress<ImageTrainingProgress>
    {
        public void Report(ImageTrainingProgress value)
        {
            task.MaxValue = value.Epochs * value.TotalImages;
            task.Value = (value.Epoch - 1) * value.TotalImages + value.Images;
            task.Description = string.Create(CultureInfo.InvariantCulture, $"{title}, loss {value.Loss:F2}");
        }
    }
}
