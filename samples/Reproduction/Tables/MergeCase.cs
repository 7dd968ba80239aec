using ZipIt.Merging;
using ZipIt.MLNet;

namespace Reproduction.Tables;

/// <summary>Classifiers that are merged, and the images for it.</summary>
/// <param name="Name">Name of the case, e.g. <c>pair 1</c>.</param>
/// <param name="Classifiers">The classifiers.</param>
/// <param name="Calibration">Images to calibrate with, of all tasks.</param>
/// <param name="Test">Images to measure with; labels count the classes of all tasks, one task after the other.</param>
internal sealed record MergeCase(string Name, IReadOnlyList<ZipClassifier> Classifiers, IImageSource Calibration, IImageSource Test)
{
    /// <summary>The tasks of all classifiers.</summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; } = [.. Classifiers.SelectMany(classifier => classifier.Tasks)];

    /// <summary>The networks.</summary>
    public IReadOnlyList<ZipMember> Members { get; } = [.. Classifiers.Select(classifier => new ZipMember(classifier.Name, classifier.Network))];

    /// <summary>Whether all outputs are embeddings of one length, so that any of them can be compared with the prototypes of every class.</summary>
    public bool HasCommonOutputs => Tasks.All(task => task.Prototypes is not null && task.OutputLength == Tasks[0].OutputLength);
}
