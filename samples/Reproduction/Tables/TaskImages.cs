using ZipIt.Merging;

namespace Reproduction.Tables;

/// <summary>Images of all tasks for a network that knows some of them: other images have no label.</summary>
internal sealed class TaskImages : IImageSource
{
    private readonly IImageSource _images;
    private readonly int[] _classes;

    /// <summary>Binds to images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="all">The tasks whose classes their labels count.</param>
    /// <param name="own">The tasks whose classes count here.</param>
    public TaskImages(IImageSource images, IReadOnlyList<ClassificationTask> all, IReadOnlyList<ClassificationTask> own)
    {
        string[] known = [.. own.SelectMany(task => task.Labels)];
        _images = images;
        _classes = [.. all.SelectMany(task => task.Labels).Select(label => Array.IndexOf(known, label))];
    }

    /// <summary>Number of images with a label of any task, after a pass.</summary>
    public long Labelled { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _images.Shape;

    /// <inheritdoc/>
    public long? ImageCount => _images.ImageCount;

    /// <inheritdoc/>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        Labelled = 0;
        var labels = new int[batchSize];
        foreach (ImageBatch batch in _images.ReadBatches(batchSize))
        {
            for (int i = 0; i < batch.Count; i++)
                labels[i] = _classes[batch.Labels.Span[i]];
            Labelled += batch.Count;
            yield return batch with { Labels = labels.AsMemory(0, batch.Count) };
        }
    }
}
