using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.Tool.Inputs;

/// <summary>A model as it stands in a file: a checkpoint, an ONNX file, or ML.NET's model zip with a zip in it.</summary>
internal sealed class ModelFile
{
    /// <summary>Key of the metadata, and name of the entry of a model zip, under which the recipe of a zip is stored.</summary>
    public const string RecipeKey = "zipit.recipe";

    private const int LongestRecipe = SettingsBudget.MaximumLength;

    private ModelFile(ClassifierEntry entry, string kind, Network network, IReadOnlyList<ClassificationTask> tasks)
    {
        (Entry, Kind, Network, Tasks) = (entry, kind, network, tasks);
    }

    /// <summary>Which file it is, and what was said of it.</summary>
    public ClassifierEntry Entry { get; }

    /// <summary>Name of the model.</summary>
    public string Name => Entry.Name;

    /// <summary>What kind of file it is.</summary>
    public string Kind { get; }

    /// <summary>The network: pixels [channels, height, width] → one output for each task.</summary>
    public Network Network { get; }

    /// <summary>What the outputs mean; empty if that is not known.</summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; }

    /// <summary>What the network is, e.g. ResNet-20×1.</summary>
    public string Architecture { get; private init; } = "";

    /// <summary>How the classes of several tasks are compared.</summary>
    public JointScoring Scoring { get; private init; } = JointScoring.Calibrated;

    /// <summary>Whether tasks may know the same class.</summary>
    public bool SharedLabels { get; private init; }

    /// <summary>What was merged; null if the file does not say.</summary>
    public ZipReport? Report { get; private init; }

    /// <summary>The recipe that it was made by; null if there is none.</summary>
    public string? Recipe { get; private init; }

    /// <summary>Labels of all classes, each once.</summary>
    public IReadOnlyList<string> Labels => [.. Tasks.SelectMany(task => task.Labels).Distinct(StringComparer.Ordinal)];

    /// <summary>Shape of one image: [channels, height, width].</summary>
    public ReadOnlySpan<int> ImageShape => Network.ShapeOf(Network.Inputs[0]);

    /// <summary>What the network costs.</summary>
    public NetworkCost Cost => NetworkCost.Of(Network);

    /// <summary>The model as one that is merged.</summary>
    /// <exception cref="InvalidDataException">The classes are not known.</exception>
    public ZipClassifier ToClassifier() => Classifier ?? throw UnknownLabels(Entry);

    private ZipClassifier? Classifier { get; init; }

    /// <summary>Loads a file; its kind is told by its content.</summary>
    /// <param name="entry">Which file, and what it does not say itself.</param>
    /// <param name="context">Loads model zips.</param>
    /// <param name="needsLabels">Whether the classes must be known.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, something else, or does not fit what was said of it.</exception>
    public static ModelFile Load(ClassifierEntry entry, MLContext context, bool needsLabels = true)
    {
        string path = entry.FullPath;
        if (Directory.Exists(path))
            throw new InvalidDataException($"'{path}' is a folder without a {ClassifierList.FileName}; expected a model.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no model '{path}'.", path);
        try
        {
            ModelFile model = FindKind(path) switch
            {
                FileKind.Model => LoadModel(entry, context),
                FileKind.Onnx => LoadOnnx(entry, context),
                _ => LoadCheckpoint(entry, needsLabels),
            };
            return model.Tasks.Count > 0 || !needsLabels ? model : throw UnknownLabels(entry);
        }
        catch (ArgumentException mistake)
        {
            throw entry.Mistake(mistake);
        }
        catch (FormatException damage)
        {
            throw new InvalidDataException($"'{path}' is damaged: {damage.Message}", damage);
        }
    }

    /// <summary>What a file says of itself, so that nobody else need: its labels, and what its pixels are normalized with.</summary>
    /// <param name="path">Path of the file, which may be missing or damaged.</param>
    public static (bool Labels, bool Normalization) Peek(string path)
    {
        if (!File.Exists(path))
            return default;
        try
        {
            switch (FindKind(path))
            {
                case FileKind.Model:
                    return (true, true);
                case FileKind.Onnx:
                    OnnxNetwork file = OnnxNetwork.Load(path);
                    return (file.Tasks.Count > 0, ScoredModelFile.IsZipped(file));
                default:
                    return default;
            }
        }
        catch (InvalidDataException)
        {
            return default; // what is wrong with it is said when it is loaded
        }
    }

    private static FileKind FindKind(string path)
    {
        if (Path.GetExtension(path).Equals(".onnx", StringComparison.OrdinalIgnoreCase))
            return FileKind.Onnx;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[4];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (!start.StartsWith("PK\x03\x04"u8))
            return FileKind.Checkpoint;
        try
        {
            ZipDirectory.CheckLength(stream, path);
            stream.Position = 0;
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            return archive.Entries.Any(entry => entry.FullName.Replace('\\', '/').EndsWith("TransformerChain/Model.key", StringComparison.Ordinal))
                ? FileKind.Model : FileKind.Checkpoint;
        }
        catch (InvalidDataException)
        {
            return FileKind.Checkpoint; // whose reader says what is wrong with it
        }
    }

    private static ModelFile LoadCheckpoint(ClassifierEntry entry, bool needsLabels)
    {
        if (entry.Labels is not null || needsLabels)
        {
            ZipClassifier classifier = entry.LoadCheckpoint();
            return new ModelFile(entry, "checkpoint", classifier.Network, classifier.Tasks) { Architecture = classifier.Architecture, Classifier = classifier };
        }

        StateDictionary weights = Checkpoint.Load(entry.FullPath, entry.Entry);
        Network network = Networks.Architecture.FromCheckpoint(
            weights, entry.ImageSize is { } size ? size : (Size2?)null, entry.Normalization?.ToLayer(), entry.Name,
            entry.Architecture is null ? null : ArchitectureEntry.Read(entry.Architecture));
        return new ModelFile(entry, "checkpoint", network, [])
        {
            Architecture = Networks.Architecture.Describe(weights),
            Recipe = FindRecipe(weights.Metadata),
        };
    }

    private static ModelFile LoadOnnx(ClassifierEntry entry, MLContext context)
    {
        OnnxNetwork file = OnnxNetwork.Load(
            entry.FullPath, entry.ImageSize is { } size ? new OnnxImportOptions { ImageSize = size } : null);
        Refuse(entry, "entry", entry.Entry);
        Refuse(entry, "architecture", entry.Architecture);
        if (ScoredModelFile.Find(context, file) is { } zipped)
            return OfTransformer(entry, "ONNX file of a zipped model", zipped, FindRecipe(file.Metadata));

        Network network = file.Network;
        IReadOnlyList<ClassificationTask> tasks = [];
        ZipClassifier? classifier = null;
        if (entry.Labels is not null)
        {
            classifier = ZipClassifier.FromNetwork(
                entry.Name, network, entry.Labels, entry.Prototypes?.Load(entry.Folder), entry.Normalization?.ToLayer());
        }
        else if (file.Tasks.Count > 0 && file.Tasks.All(task => HasScores(network, task)))
        {
            tasks = [.. file.Tasks.Select(task => ClassificationTask.FromScores(task.Head ?? task.Output, task.Labels))];
            classifier = ZipClassifier.FromNetwork(entry.Name, network, tasks, entry.Normalization?.ToLayer());
        }

        return new ModelFile(entry, "ONNX file", classifier?.Network ?? network, classifier?.Tasks ?? tasks)
        {
            Architecture = $"{network.Nodes.Count(node => node.Layer.HasWeights)} layers, opset {file.Opset}"
                + (file.Producer.Length > 0 ? $", by {file.Producer}" : ""),
            Recipe = FindRecipe(file.Metadata),
            Classifier = classifier,
        };
    }

    private static ModelFile LoadModel(ClassifierEntry entry, MLContext context)
    {
        ITransformer model = context.Model.LoadZip(entry.FullPath, out _);
        ZipTransformer[] zips = [.. Flatten(model).OfType<ZipTransformer>()];
        return zips.Length == 1
            ? OfTransformer(entry, "model zip", zips[0], ReadRecipe(entry.FullPath))
            : throw new InvalidDataException($"'{entry.FullPath}' is a model of ML.NET with {(zips.Length == 0 ? "no" : $"{zips.Length}")} zipped networks in it; expected one.");
    }

    private static ModelFile OfTransformer(ClassifierEntry entry, string kind, ZipTransformer model, string? recipe)
    {
        Refuse(entry, "labels", entry.Labels);
        Refuse(entry, "prototypes", entry.Prototypes);
        Refuse(entry, "normalization", entry.Normalization);
        return new ModelFile(entry, kind, model.Network, model.Tasks)
        {
            Architecture = model.Report is { } report
                ? $"zip of {string.Join(", ", report.Members)}, shared: {report.Cut}" : $"network of {model.Tasks.Count} tasks",
            Scoring = model.JointScoring,
            SharedLabels = model.SharedLabels,
            Report = model.Report,
            Recipe = recipe,
            Classifier = ZipClassifier.FromTransformer(entry.Name, model),
        };
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];

    private static bool HasScores(Network network, OnnxTask task) =>
        network.Heads.Any(head => head.Name == (task.Head ?? task.Output) && network.ShapeOf(head.Node).SequenceEqual([task.Labels.Count]));

    private static void Refuse(ClassifierEntry entry, string key, object? value)
    {
        if (value is not null)
            throw new ArgumentException($"The file '{entry.FullPath}' needs no {key}: it holds a network that has them already.");
    }

    private static string? FindRecipe(IReadOnlyDictionary<string, string> metadata) => metadata.GetValueOrDefault(RecipeKey);

    private static string? ReadRecipe(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        if (archive.GetEntry(RecipeKey) is not { } entry)
            return null;
        using Stream stream = entry.Open();
        var bytes = new byte[LongestRecipe];
        return Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }

    private static InvalidDataException UnknownLabels(ClassifierEntry entry) =>
        entry.Mistake(new ArgumentException($"The classes of '{entry.FullPath}' are not known: give their labels, in the order of the network's outputs."));

    private enum FileKind
    {
        Checkpoint,
        Onnx,
        Model,
    }
}
