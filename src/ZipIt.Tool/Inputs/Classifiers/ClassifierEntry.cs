using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.Tool.Inputs;

/// <summary>One classifier of a <c>models.json</c> or a recipe: which file, and what the file does not say.</summary>
internal sealed record ClassifierEntry
{
    /// <summary>The keys.</summary>
    private static readonly string[] Keys = ["task", "file", "labels", "prototypes", "normalization", "image-size", "entry", "architecture"];

    /// <summary>Path of the file, relative to <see cref="Folder"/>.</summary>
    public required string File { get; init; }

    /// <summary>Name of the task; null for the name of the file.</summary>
    public string? Task { get; init; }

    /// <summary>Names of the classes, in the order of the outputs; null if the file says them.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>File that the labels were read from, for a recipe to name; null if they stand in the entry.</summary>
    public string? LabelFile { get; init; }

    /// <summary>Vectors that the output is compared with; null for one score per class.</summary>
    public PrototypeEntry? Prototypes { get; init; }

    /// <summary>What the pixels are normalized with; null for nothing.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Height and width of the images in pixels; null for what the architecture is made for.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Which weights, where the file holds several.</summary>
    public string? Entry { get; init; }

    /// <summary>What the network was built with and no tensor tells, as it was written and as options.</summary>
    public SettingsMap? Architecture { get; init; }

    /// <summary>Folder that paths are relative to; empty for the working folder.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Where the entry stands; null on a command line.</summary>
    public SettingsPlace? Place { get; init; }

    /// <summary>Name of the task.</summary>
    public string Name => Task ?? Path.GetFileNameWithoutExtension(File);

    /// <summary>Path of the file.</summary>
    public string FullPath => Path.Combine(Folder, File);

    /// <summary>Reads the settings of one classifier; no file is opened but that of the labels, if there is one.</summary>
    /// <param name="node">The settings.</param>
    /// <param name="folder">Folder that paths are relative to.</param>
    /// <exception cref="InvalidDataException">They are not as expected; the message names file and line.</exception>
    public static ClassifierEntry Read(SettingsNode node, string folder)
    {
        if (node is not SettingsMap settings)
            throw node.Place.Error($"expected a classifier with its 'file', found {node.Kind}.");
        settings.Check("a classifier", Keys);
        string? labelFile = settings.Find("labels") is SettingsText ? settings.FindText("labels") : null;
        var entry = new ClassifierEntry
        {
            File = settings.FindText("file") ?? throw settings.Place.Error("every classifier needs a 'file'."),
            Task = settings.FindText("task"),
            Labels = labelFile is null ? ReadLabels(settings) : LabelList.Load(Path.Combine(folder, labelFile)),
            LabelFile = labelFile,
            Prototypes = settings.FindMap("prototypes") is { } prototypes ? PrototypeEntry.Read(prototypes) : null,
            Normalization = settings.Find("normalization") is { } normalization ? Normalization.Read(normalization) : null,
            ImageSize = settings.FindWholeNumber("image-size"),
            Entry = settings.FindText("entry"),
            Architecture = settings.FindMap("architecture"),
            Folder = folder,
            Place = settings.Place,
        };
        if (entry.Architecture is not null)
            ArchitectureEntry.Read(entry.Architecture);
        return entry;
    }

    /// <summary>Loads the classifier from a checkpoint.</summary>
    /// <exception cref="InvalidDataException">File, labels and the rest do not fit; the message names them.</exception>
    public ZipClassifier LoadCheckpoint()
    {
        try
        {
            return ZipClassifier.FromCheckpoint(
                Name, FullPath,
                Labels ?? throw new ArgumentException($"The classes of '{FullPath}' are not known: give their labels, in the order of the network's outputs."),
                Prototypes?.Load(Folder), Normalization?.ToLayer(), ImageSize is { } size ? size : (Size2?)null,
                Architecture is null ? null : ArchitectureEntry.Read(Architecture), Entry);
        }
        catch (ArgumentException mistake)
        {
            throw Mistake(mistake);
        }
    }

    /// <summary>An error about the entry, with its place.</summary>
    public InvalidDataException Mistake(Exception cause)
    {
        string message = cause.Message.Split(" (Parameter '")[0];
        return Place is { } place
            ? place.Error($"task '{Name}': {message}", cause)
            : new InvalidDataException(message.StartsWith('\'') ? message : $"'{FullPath}': {message}", cause);
    }

    private static string[]? ReadLabels(SettingsMap settings)
    {
        if (settings.Find("labels") is SettingsList list && list.Items.ToList().FindIndex(item => item is SettingsText { Value: null }) is >= 0 and var index)
            throw list.Items[index].Place.Error($"label {index + 1} of {list.Items.Count} is null.");
        return settings.FindTexts("labels");
    }
}
