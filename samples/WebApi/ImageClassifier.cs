using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace WebApi;

/// <summary>Classifies images with a zip model, on many threads at the same time.</summary>
public sealed class ImageClassifier
{
    private const string TaskSuffix = ".Score";

    private readonly ObjectPool<PredictionEngine<ImageInput, ImageScores>> _engines;
    private readonly string[] _labels;

    /// <summary>Prepares a model for scoring.</summary>
    /// <param name="context">The context of the model.</param>
    /// <param name="model">The model: takes the column <c>Image</c>, gives <c>Score</c> and a <c>&lt;Task&gt;.Score</c> for each task.</param>
    /// <param name="retained">Number of prediction engines that are kept for later requests.</param>
    /// <exception cref="InvalidDataException">The model gives other columns.</exception>
    /// <exception cref="ArgumentException">The model takes other columns.</exception>
    public ImageClassifier(MLContext context, ITransformer model, int retained)
    {
        IDataView nothing = model.Transform(context.Data.LoadFromEnumerable(Array.Empty<ImageInput>()));
        _labels = ReadSlotNames(nothing.Schema, nameof(ImageScores.Score));
        Tasks = FindTasks(nothing.Schema);
        if (!Tasks.SelectMany(task => task.Labels).SequenceEqual(_labels))
            throw new InvalidDataException("The columns '<Task>.Score' of the model do not hold the classes of 'Score', so it is no zipped model.");

        // The members of ImageScores are fixed, but not the number of tasks: their scores become one column.
        string[] columns = [.. Tasks.Select(task => task.Task + TaskSuffix)];
        ITransformer gathered = model.Append(context.Transforms.Concatenate(nameof(ImageScores.TaskScore), columns).Fit(nothing));
        _engines = new DefaultObjectPool<PredictionEngine<ImageInput, ImageScores>>(new EnginePolicy(context, gathered), retained);
        _engines.Return(_engines.Get());
    }

    /// <summary>The tasks with their classes, in the order of the scores.</summary>
    public IReadOnlyList<TaskLabels> Tasks { get; }

    /// <summary>Classifies an image, which is disposed.</summary>
    /// <param name="image">The image, of any size.</param>
    public Classification Classify(MLImage image)
    {
        // An engine that fails is not used again.
        PredictionEngine<ImageInput, ImageScores> engine = _engines.Get();
        ImageScores scores = engine.Predict(new ImageInput { Image = image });
        _engines.Return(engine);

        int best = FindLargest(scores.Score);
        string winner = Tasks.First(task => task.Labels.Contains(_labels[best])).Task;
        Dictionary<string, float> all = _labels.Zip(scores.Score).ToDictionary(pair => pair.First, pair => pair.Second);
        return new Classification(_labels[best], winner, scores.Score[best], [.. ClassifyTasks(scores.TaskScore)], all);
    }

    private IEnumerable<TaskClassification> ClassifyTasks(float[] scores)
    {
        int first = 0;
        foreach (TaskLabels task in Tasks)
        {
            int best = FindLargest(scores.AsSpan(first, task.Labels.Count));
            yield return new TaskClassification(task.Task, task.Labels[best], scores[first + best]);
            first += task.Labels.Count;
        }
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
        .Where(column => !column.IsHidden && column.Name.EndsWith(TaskSuffix, StringComparison.Ordinal))
        .Select(column => new TaskLabels(column.Name[..^TaskSuffix.Length], ReadSlotNames(schema, column.Name)))];

    private static string[] ReadSlotNames(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { Type: VectorDataViewType } column || !column.HasSlotNames())
            throw new InvalidDataException($"The model gives no column '{name}' of scores with the classes as slot names, so it is no zipped model.");
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(text => text.ToString())];
    }
}
