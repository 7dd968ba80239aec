using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>
/// One trained image classifier: its network, and the names of its classes. Classifiers are what <c>mlContext.Transforms.Zip</c> merges; a zipped model can be
/// one of them again, with several tasks.
/// </summary>
/// <remarks>
/// The network takes pixels as ML.NET's <c>ExtractPixels</c> gives them by default: planar red, green and blue, values of 0–255. What it was trained to see
/// (usually normalized pixels) is made by its first layer, the <c>normalization</c> parameter of the factories.
/// </remarks>
public sealed class ZipClassifier
{
    private ZipClassifier(string name, Network network, IReadOnlyList<ClassificationTask> tasks, string? architecture = null)
    {
        (Name, Network, Tasks) = (name, network, tasks);
        Architecture = architecture ?? Outline(network);
    }

    /// <summary>Name of the classifier; if it has one task, also the name of that task and the beginning of its output columns' names.</summary>
    public string Name { get; }

    /// <summary>The network: pixels [channels, height, width] → one output for each task, of that task's name.</summary>
    public Network Network { get; }

    /// <summary>What the outputs mean; one task unless the classifier is a zipped model.</summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; }

    /// <summary>Class labels of all tasks, in the order of the scores; a class that several tasks know is one of them.</summary>
    public IReadOnlyList<string> Labels => [.. Tasks.SelectMany(task => task.Labels).Distinct(StringComparer.Ordinal)];

    /// <summary>What the network is, for messages: e.g. <c>ResNet-20×1</c>, or how many layers it has.</summary>
    internal string Architecture { get; }

    /// <summary>Reads a trained classifier from a checkpoint. The architecture is told by its tensors.</summary>
    /// <remarks>
    /// Names and shapes do not tell everything: a pooling behind the first convolution, another activation than ReLU, the place of a stride.
    /// <paramref name="options"/> say what differs from
    /// the usual; a network that is read otherwise than it was built gives wrong scores, without an error. Compare some with those of the program that trained
    /// it.
    /// </remarks>
    /// <param name="name">Name of the task, e.g. <c>animals</c>; begins the names of its output columns.</param>
    /// <param name="path">Path of a PyTorch (<c>.pt</c>, <c>.pth</c>, <c>.ckpt</c>) or safetensors file.</param>
    /// <param name="labels">
    /// Names of the classes, in the order of the network's outputs, or of the prototypes. A network with one output, the score of yes against no, has two:
    /// first no, then yes.
    /// </param>
    /// <param name="prototypes">Vectors that the network's output is compared with; null if it has one score per class.</param>
    /// <param name="normalization">
    /// What turns pixels of 0–255 into what the network was trained on, e.g. <see cref="ChannelAffine.FromNormalization"/>; null if pixels arrive normalized
    /// (<c>ExtractPixels</c> with <c>offsetImage</c> and <c>scaleImage</c>).
    /// </param>
    /// <param name="imageSize">Size of the images in pixels; null for what the architecture is made for (32 or 224).</param>
    /// <param name="options">What the network was built with and no tensor tells; null for the usual.</param>
    /// <param name="entry">Which weights, where the file holds several, e.g. <c>ema</c>; see <see cref="Checkpoint.Load(string, string)"/>. The error lists
    /// what there is.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged or something else, holds no known architecture, or several; the message names the file and the tensors, and says what to do.
    /// </exception>
    /// <exception cref="ArgumentException">Labels, prototypes, normalization, image size or options do not fit the network.</exception>
    public static ZipClassifier FromCheckpoint(
        string name, string path, IReadOnlyList<string> labels, ClassPrototypes? prototypes = null, ChannelAffine? normalization = null,
        Size2? imageSize = null,
        ArchitectureOptions? options = null, string? entry = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(labels);
        StateDictionary weights = Checkpoint.Load(path, entry);
        Network network = Networks.Architecture.FromCheckpoint(weights, imageSize, normalization, name, options);
        try
        {
            ZipClassifier classifier = FromNetwork(name, network, labels, prototypes);
            return new ZipClassifier(name, classifier.Network, classifier.Tasks, Networks.Architecture.Describe(weights));
        }
        catch (ArgumentException mismatch)
        {
            throw new ArgumentException($"'{path}': {mismatch.Message}", mismatch);
        }
    }

    /// <summary>Names a network and its classes.</summary>
    /// <param name="name">Name of the task, e.g. <c>animals</c>; begins the names of its output columns.</param>
    /// <param name="network">A network with one input [channels, height, width] and one output: a score per class, or an embedding.</param>
    /// <param name="labels">
    /// Names of the classes, in the order of the network's outputs, or of the prototypes. A network with one output, the score of yes against no, has two:
    /// first no, then yes.
    /// </param>
    /// <param name="prototypes">Vectors that the network's output is compared with; null if it has one score per class.</param>
    /// <param name="normalization">A first layer to put before the network, which turns pixels of 0–255 into what it was trained on; null for none.</param>
    /// <exception cref="ArgumentException">Network, labels, prototypes and normalization do not fit together.</exception>
    public static ZipClassifier FromNetwork(
        string name, Network network, IReadOnlyList<string> labels, ClassPrototypes? prototypes = null, ChannelAffine? normalization = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(labels);
        if (network.Heads.Count != 1)
            throw new ArgumentException($"Expected a network with one output in '{name}', found {network.Heads.Count}; describe the task of each output.",
                nameof(network));
        if (prototypes is null && network.ShapeOf(network.Heads[0].Node).SequenceEqual([1]))
            network = OneOutput.Split(network, name, labels.Count);
        ClassificationTask task = prototypes is null
            ? ClassificationTask.FromScores(name, labels)
            : ClassificationTask.FromPrototypes(name, labels, prototypes.Vectors, prototypes.Scale);
        return FromNetwork(name, new Network(new Head(name, network.Heads[0].Node)), [task], normalization);
    }

    /// <summary>Names a network of several tasks.</summary>
    /// <param name="name">Name of the classifier.</param>
    /// <param name="network">A network with one input [channels, height, width] and one output for each task, of that task's name.</param>
    /// <param name="tasks">What the outputs mean.</param>
    /// <param name="normalization">A first layer to put before the network, which turns pixels of 0–255 into what it was trained on; null for none.</param>
    /// <exception cref="ArgumentException">Network, tasks and normalization do not fit together.</exception>
    public static ZipClassifier FromNetwork(string name, Network network, IReadOnlyList<ClassificationTask> tasks, ChannelAffine? normalization = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tasks);
        if (network.Inputs.Count != 1)
            throw new ArgumentException($"Expected a network with one input in '{name}', found {network.Inputs.Count}.", nameof(network));
        if (normalization is not null)
            network = FirstLayer.Insert(network, normalization);
        _ = new TaskScorer(network, tasks, sharedLabels: true);
        if (tasks.FirstOrDefault(task => task.Prototypes is null && task.Labels.Count == 1) is { } constant)
        {
            throw new ArgumentException(
                $"Task '{constant.Name}' has the single class '{constant.Labels[0]}': among one class its probability is always 1. {OneOutput.Advice}",
                nameof(tasks));
        }

        string? unused = network.Heads.Select(head => head.Name).FirstOrDefault(head => tasks.All(task => task.Name != head));
        if (unused is not null)
            throw new ArgumentException($"The output '{unused}' of '{name}' belongs to no task.", nameof(tasks));
        return new ZipClassifier(name, network, [.. tasks]);
    }

    /// <summary>A zipped model as one of the classifiers that are merged: zipped again, with others.</summary>
    /// <param name="name">Name of the classifier; its tasks keep theirs.</param>
    /// <param name="transformer">The zipped model, fitted or loaded.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ZipClassifier FromTransformer(string name, ZipTransformer transformer)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(transformer);
        return new ZipClassifier(name, transformer.Network, transformer.Tasks);
    }

    private static string Outline(Network network)
    {
        int convolutions = network.Nodes.Count(node => node.Layer is Conv2d), linears = network.Nodes.Count(node => node.Layer is Linear);
        return $"network of {convolutions} convolutions and {linears} fully connected layers";
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({string.Join(", ", Labels)})";
}
