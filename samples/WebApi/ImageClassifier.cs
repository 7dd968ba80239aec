using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace WebApi;

/// <summary>Classifies images with a zip model, on many threads at the same time.</summary>
public sealed class ImageClassifier
{
    private const string ScoreColumn = "Score";

    private readonly ObjectPool<PredictionEngine<ImageInput, ImageScores>> _engines;
    private readonly string[] _labels;

    /// <summary>Prepares a model for scoring.</summary>
    /// <param name="context">The context of the model.</param>
    /// <param name="model">The model: takes the column <c>Image</c>, gives <c>Score</c> and a <c>&lt;Task&gt;.Score</c> for each task.</param>
    /// <param name="retained">Number of prediction engines that are kept for later requests.</param>
    /// <exception cref="InvalidDataException">The model gives other columns.</exception>
    public ImageClassifier(MLContext context, ITransformer model, int retained)
    {
        _engines = new DefaultObjectPool<PredictionEngine<ImageInput, ImageScores>>(new EnginePolicy(context, model), retained);
        PredictionEngine<ImageInput, ImageScores> engine = _engines.Get();
        _labels = ReadSlotNames(engine.OutputSchema, ScoreColumn);
        Tasks = FindTasks(engine.OutputSchema);
        _engines.Return(engine);
        if (!Tasks.SelectMany(task => task.Labels).SequenceEqual(_labels))
            throw new InvalidDataException($"The columns '<Task>.{ScoreColumn}' of the model do not hold the classes of '{ScoreColumn}', so it is no zipped model.");
    }

    /// <summary>The tasks with their classes, in the order of the scores.</summary>
    public IReadOnlyList<TaskLabels> Tasks { get; }

    /// <summary>Classifies an image, which is disposed.</summary>
    /// <param name="image">The image, of any size.</param>
    public Classification Classify(MLImage image)
    {
        // An engine that fails is not used again.
        PredictionEngine<ImageInput, ImageScores> engine = _engines.Get();
        float[] scores = engine.Predict(new ImageInput { Image = image }).Score;
        _engines.Return(engine);

        var tasks = new List<TaskClassification>();
        int first = 0;
        foreach (TaskLabels task in Tasks)
        {
            tasks.Add(Classify(task, scores.AsSpan(first, task.Labels.Count)));
            first += task.Labels.Count;
        }

        int best = FindLargest(scores);
        string winner = Tasks.First(task => task.Labels.Contains(_labels[best])).Task;
        return new Classification(_labels[best], winner, scores[best], tasks, _labels.Zip(scores).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    /// <summary>Within a task, the joint probabilities of its classes are made to sum to 1.</summary>
    private static TaskClassification Classify(TaskLabels task, ReadOnlySpan<float> scores)
    {
        float sum = 0;
        foreach (float score in scores)
            sum += score;
        int best = FindLargest(scores);
        return new TaskClassification(task.Task, task.Labels[best], sum > 0 ? scores[best] / sum : 0);
    }

    private static int FindLargest(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }

        return best;
    }

    private static TaskLabels[] FindTasks(DataViewSchema schema) => [.. schema
        .Where(column => !column.IsHidden && column.Name.EndsWith("." + ScoreColumn, StringComparison.Ordinal))
        .Select(column => new TaskLabels(column.Name[..^(ScoreColumn.Length + 1)], ReadSlotNames(schema, column.Name)))];

    private static string[] ReadSlotNames(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { Type: VectorDataViewType } column || !column.HasSlotNames())
            throw new InvalidDataException($"The model gives no column '{name}' of scores with the classes as slot names, so it is no zipped model.");
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(text => text.ToString())];
    }
}
