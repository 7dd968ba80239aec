using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Measuring;

/// <summary>Images on which models are tried, whatever size each of them takes.</summary>
/// <param name="session">The run.</param>
/// <param name="images">The images.</param>
/// <param name="context">Reads image files.</param>
internal sealed class ImageTrial(ToolSession session, ImageSet images, MLContext context)
{
    private const int BatchSize = 64;

    private readonly Dictionary<string, PixelSource> _sources = [];

    /// <summary>The images.</summary>
    public ImageSet Images => images;

    /// <summary>Some of the images, spread over all.</summary>
    /// <param name="count">Largest number.</param>
    public ImageTrial Take(int count) => new(session, images.Take(count), context);

    /// <summary>The pixels of all images [images, channels, height, width].</summary>
    /// <param name="shape">Shape of one image as a network takes it.</param>
    public Tensor Read(ReadOnlySpan<int> shape)
    {
        var pixels = new Tensor(images.Count, shape[0], shape[1], shape[2]);
        int count = 0;
        foreach (ImageBatch batch in FindSource(shape).ReadBatches(BatchSize))
        {
            batch.Pixels.Span.CopyTo(pixels.Slice(count, batch.Count).Span);
            count += batch.Count;
        }

        return pixels;
    }

    /// <summary>Number of images that show a class of one of some models.</summary>
    public int CountKnown(IEnumerable<ScoredNetwork> models)
    {
        HashSet<string> labels = [.. models.SelectMany(model => model.Labels)];
        return Enumerable.Range(0, images.Count).Count(i => images.LabelOf(i) is { } label && labels.Contains(label));
    }

    /// <summary>Makes sure that every model can be measured: that images show classes that it knows, and have a size that it takes.</summary>
    /// <exception cref="InvalidDataException">One cannot; the message names classes of both.</exception>
    public void Check(IEnumerable<ScoredNetwork> models)
    {
        foreach (ScoredNetwork model in models)
        {
            images.CheckSize(model.ImageShape);
            if (CountKnown([model]) > 0)
                continue;
            string[] shown = [.. Enumerable.Range(0, images.Count).Select(images.LabelOf).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
            throw new InvalidDataException(shown.Length == 0
                ? $"The images of '{images.Path}' have no labels."
                : $"No image of '{images.Path}' shows a class of '{model.Name}': they show {Shorten(shown)}, and it knows {Shorten(model.Labels)}.");
        }
    }

    /// <summary>Measures a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="known">Number of images of all models together: those of classes that this model does not know count as wrong. Null for its own.</param>
    /// <param name="stage">What progress is called.</param>
    public ModelEvaluation Evaluate(ScoredNetwork model, int? known = null, string? stage = null)
    {
        stage ??= $"Evaluating {model.Name}";
        IReadOnlyList<string> labels = model.Labels;
        Dictionary<string, int> numbers = labels.Select((label, number) => (label, number))
            .ToDictionary(pair => pair.label, pair => pair.number, StringComparer.Ordinal);
        int[] classes = [.. Enumerable.Range(0, images.Count).Select(i => images.LabelOf(i) is { } label ? numbers.GetValueOrDefault(label, -1) : -1)];
        PixelSource source = FindSource(model.ImageShape).With(classes, count => session.Progress.Report(stage, "images", count, images.Count));
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(
            model.Network, model.Tasks, source, session.Engine, model.Scoring, BatchSize, session.Threads, session.Cancellation, model.SharedLabels);
        session.Progress.Finish(stage);
        return ModelEvaluation.Of(model.Name, model.Network, model.Tasks, labels, evaluation, known);
    }

    /// <summary>Asks a model about every image.</summary>
    /// <param name="model">The model.</param>
    public IEnumerable<Verdict> Ask(ScoredNetwork model)
    {
        var scorer = new TaskScorer(model.Network, model.Tasks, model.Scoring, model.SharedLabels);
        using INetworkSession runner = session.Engine.CreateSession(
            model.Network, new SessionOptions { MaximumBatchSize = Math.Min(BatchSize, images.Count), Threads = session.Threads });
        foreach (ImageBatch batch in FindSource(model.ImageShape).ReadBatches(Math.Min(BatchSize, images.Count)))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            runner.Run(batch.Pixels.Span, batch.Count);
            for (int i = 0; i < batch.Count; i++)
            {
                var verdict = new Verdict(new float[scorer.ClassCount], new float[scorer.TaskClassCount]);
                scorer.Score(runner, i, verdict.Joint, verdict.PerTask);
                yield return verdict;
            }
        }
    }

    /// <summary>The pixels as a network takes them, read once for all models of one size.</summary>
    /// <param name="shape">Shape of one image.</param>
    public PixelSource FindSource(ReadOnlySpan<int> shape)
    {
        string key = Tensor.FormatShape(shape);
        if (_sources.TryGetValue(key, out PixelSource? source))
            return source;
        source = new PixelSource(images, context, shape, session.Cancellation)
        {
            OnRead = count => session.Progress.Report($"Reading {images.Path}", "images", count, images.Count),
        };
        source.Keep();
        session.Progress.Finish($"Reading {images.Path}");
        return _sources[key] = source;
    }

    private static string Shorten(IReadOnlyList<string> labels) =>
        string.Join(", ", labels.Take(10)) + (labels.Count > 10 ? $" and {labels.Count - 10} more" : "");
}
