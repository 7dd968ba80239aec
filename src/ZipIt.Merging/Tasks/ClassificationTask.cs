using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>The classes that one output of a multi-task network tells apart.</summary>
public sealed class ClassificationTask
{
    /// <summary>Longest name of a task or a class, in characters: 1024.</summary>
    public const int MaximumNameLength = 1024;

    /// <summary>How far the length of a vector of floats may be from 1 after it was made 1.</summary>
    private const double UnitTolerance = 1e-6;

    private ClassificationTask(string name, IReadOnlyList<string> labels, Tensor? prototypes, float scale)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(labels);
        if (name.Length > MaximumNameLength)
            throw new ArgumentException($"The name '{NameList.Shorten(name)}' of a task is longer than {MaximumNameLength} characters.", nameof(name));
        if (labels.Count == 0)
            throw new ArgumentException($"Task '{name}' has no classes.", nameof(labels));
        var known = new HashSet<string>(labels.Count, StringComparer.Ordinal);
        for (int c = 0; c < labels.Count; c++)
        {
            string label = labels[c] ?? throw new ArgumentException($"Task '{name}': label {c + 1} of {labels.Count} is null.", nameof(labels));
            if (label.Length > MaximumNameLength)
                throw new ArgumentException($"The class '{NameList.Shorten(label)}' of task '{name}' has a name of more than {MaximumNameLength} characters.",
                    nameof(labels));
            if (!known.Add(label))
                throw new ArgumentException($"Task '{name}' has two classes called '{label}'.", nameof(labels));
        }

        (Name, Labels, Prototypes, Scale) = (name, [.. labels], prototypes, scale);
    }

    /// <summary>Name of the task; the network's output of that name serves it.</summary>
    public string Name { get; }

    /// <summary>Names of the classes, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Unit vectors [classes, embedding] that an embedding is compared with; null if the network's output has one score per class.</summary>
    public Tensor? Prototypes { get; }

    /// <summary>Factor of the cosines before the softmax; 1 for class scores.</summary>
    public float Scale { get; }

    /// <summary>
    /// How the task's scores are compared with those of other tasks (<see cref="JointScoring.Calibrated"/>); null if that has not been worked out, as it is in
    /// every zip whose tasks are known.
    /// </summary>
    public TaskCalibration? Calibration { get; private init; }

    /// <summary>Number of values that the network's output must have.</summary>
    public int OutputLength => Prototypes?[1] ?? Labels.Count;

    /// <summary>A task whose network output has one score (logit) per class.</summary>
    /// <exception cref="ArgumentException">The name is empty, or there are no classes or two of one name.</exception>
    public static ClassificationTask FromScores(string name, IReadOnlyList<string> labels) => new(name, labels, null, 1);

    /// <summary>The same task with another calibration.</summary>
    /// <param name="calibration">The calibration; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a positive number, or the offset is not finite.</exception>
    public ClassificationTask With(TaskCalibration? calibration)
    {
        if (calibration is { } own && !(own.Temperature > 0 && float.IsFinite(own.Temperature) && float.IsFinite(own.Offset)))
            throw new ArgumentOutOfRangeException(nameof(calibration), calibration, $"Task '{Name}' needs a positive temperature and a finite offset.");
        return new ClassificationTask(Name, Labels, Prototypes, Scale) { Calibration = calibration };
    }

    /// <summary>The scores that an output stands for: as they are, or scale · cosine with each prototype.</summary>
    /// <param name="output">The network's output for one image.</param>
    /// <param name="scores">Receives one score for each class.</param>
    /// <param name="scale">Factor of the cosines.</param>
    internal void WriteScores(ReadOnlySpan<float> output, Span<float> scores, float scale)
    {
        if (Prototypes is null)
        {
            output.CopyTo(scores);
            return;
        }

        float norm = TensorPrimitives.Norm(output);
        float factor = norm > 0 ? scale / norm : 0;
        for (int c = 0; c < scores.Length; c++)
            scores[c] = factor * TensorPrimitives.Dot(output, Prototypes.Span.Slice(c * output.Length, output.Length));
    }

    /// <summary>A task whose network output is an embedding that is compared with one prototype per class (e.g. text features of CLIP).</summary>
    /// <param name="name">Name of the task.</param>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="prototypes">One vector per class [classes, embedding]; stored with unit length.</param>
    /// <param name="scale">Factor of the cosines before the softmax; positive. 100 for CLIP.</param>
    /// <exception cref="ArgumentException">There is not one non-zero, finite prototype per class, or the scale is not positive.</exception>
    public static ClassificationTask FromPrototypes(string name, IReadOnlyList<string> labels, Tensor prototypes, float scale)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(prototypes);
        if (prototypes.Rank != 2 || prototypes[0] != labels.Count || prototypes[1] == 0)
            throw new ArgumentException($"Task '{name}' has {labels.Count} classes and needs prototypes of shape [{labels.Count}, embedding], found {prototypes}.", nameof(prototypes));
        if (!(scale > 0 && float.IsFinite(scale)))
            throw new ArgumentException($"Task '{name}' needs a positive scale, found {scale}.", nameof(scale));

        Tensor unit = prototypes.Clone();
        int length = prototypes[1];
        for (int c = 0; c < labels.Count; c++)
        {
            Span<float> row = unit.Span.Slice(c * length, length);
            double norm = 0;
            foreach (float value in row)
                norm += (double)value * value;
            norm = Math.Sqrt(norm);
            if (!(norm > 0 && double.IsFinite(norm)))
                throw new ArgumentException($"The prototype of class '{labels[c]}' of task '{name}' has length {norm}.", nameof(prototypes));

            // What was stored with unit length comes back bit for bit.
            if (Math.Abs(norm - 1) < UnitTolerance)
                continue;
            foreach (ref float value in row)
                value = (float)(value / norm);
        }

        return new ClassificationTask(name, labels, unit, scale);
    }
}
