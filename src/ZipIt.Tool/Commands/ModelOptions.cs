using System.CommandLine;
using Microsoft.ML;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary>Models on a command line, and what their files do not say.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string[]> _labels = new("--labels")
    {
        Description = "Names of a model's classes, in the order of its outputs: with commas between them, or a file with one a line. Once for each model whose file "
            + "does not say them, in the order of the models.",
        HelpName = "list or file",
    };

    private readonly Option<string[]> _normalization = new("--normalization")
    {
        Description = $"What the pixels were normalized with in training: {string.Join(", ", Normalization.Named.Keys)}, or mean/deviation for pixels of 0–1, as "
            + "0.49,0.48,0.45/0.20,0.20,0.20. Once for all checkpoints and plain ONNX files, or once for each.",
        HelpName = "name or numbers",
    };

    private readonly Option<string[]> _tasks = new("--tasks")
    {
        Description = "Names of the tasks, in the order of the models. Default: the names of the files.",
        HelpName = "name",
    };

    private readonly Option<int?> _imageSize = new("--image-size")
    {
        Description = "Height and width of the images in pixels, where they are not what the architecture is made for (32 or 224).",
        HelpName = "pixels",
    };

    private readonly Option<string?> _entry = new("--entry")
    {
        Description = "Which weights, where a checkpoint holds several, e.g. ema.",
        HelpName = "name",
    };

    /// <summary>Makes the options.</summary>
    /// <param name="arity">How many models are expected.</param>
    /// <param name="description">What the models are for.</param>
    public ModelOptions(ArgumentArity arity, string description)
    {
        Models = new Argument<string[]>("model")
        {
            Description = description,
            Arity = arity,
            CustomParser = result => [.. result.Tokens.Select(token => token.Value)],
        };
        _normalization.CompletionSources.Add([.. Normalization.Named.Keys]);
    }

    /// <summary>The models.</summary>
    public Argument<string[]> Models { get; }

    /// <summary>Adds models and options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(Models);
        foreach (Option option in (Option[])[_labels, _normalization, _tasks, _imageSize, _entry])
            command.Options.Add(option);
    }

    /// <summary>Whether anything is said of the models.</summary>
    public bool IsSaid(ParseResult arguments) =>
        ((Option[])[_labels, _normalization, _tasks, _imageSize, _entry]).Any(option => arguments.GetResult(option) is { Implicit: false });

    /// <summary>The models with what is said of them; a folder with a models.json stands for all that it names.</summary>
    /// <exception cref="UsageException">There are not as many labels, normalizations or names as models.</exception>
    public IReadOnlyList<ClassifierEntry> Read(ParseResult arguments)
    {
        string[] paths = arguments.GetValue(Models) ?? [];
        string[] labels = arguments.GetValue(_labels) ?? [], tasks = arguments.GetValue(_tasks) ?? [];
        string[] normalizations = arguments.GetValue(_normalization) ?? [];
        string[] files = [.. paths.Where(path => !ClassifierList.IsList(path))];
        if (labels.Length > files.Length)
            throw new UsageException($"--labels is given {labels.Length} times for {files.Length} model{(files.Length == 1 ? "" : "s")}.");
        if (normalizations.Length > 1 && normalizations.Length != files.Length)
            throw new UsageException($"--normalization is given {normalizations.Length} times for {files.Length} models; give it once for all, or once for each.");
        if (tasks.Length > 0 && tasks.Length != files.Length)
            throw new UsageException($"--tasks names {tasks.Length} tasks for {files.Length} models.");
        (bool Labels, bool Normalization)[] known =
            [.. files.Select(path => labels.Length + normalizations.Length == 0 ? default : ModelFile.Peek(path))];
        if (labels.Length > 0 && labels.Length != files.Length)
            CheckLabels([.. files.Where((_, f) => !known[f].Labels)], labels.Length);

        var entries = new List<ClassifierEntry>();
        int file = 0, label = 0;
        foreach (string path in paths)
        {
            if (ClassifierList.IsList(path))
            {
                entries.AddRange(ClassifierList.Read(path));
                continue;
            }

            bool hasLabels = labels.Length == files.Length || (label < labels.Length && !known[file].Labels);
            entries.Add(new ClassifierEntry
            {
                File = path,
                Task = tasks.Length > 0 ? tasks[file] : null,
                Labels = hasLabels ? LabelList.Parse(labels[label++]).Labels : null,
                Normalization = normalizations.Length > 0 && !known[file].Normalization
                    ? ParseNormalization(normalizations[normalizations.Length == 1 ? 0 : file]) : null,
                ImageSize = arguments.GetValue(_imageSize),
                Entry = arguments.GetValue(_entry),
            });
            file++;
        }

        return entries;
    }

    /// <summary>Loads models.</summary>
    public static ModelFile[] Load(IReadOnlyList<ClassifierEntry> entries, MLContext context, bool needsLabels = true) =>
        [.. entries.Select(entry => ModelFile.Load(entry, context, needsLabels))];

    private static void CheckLabels(string[] silent, int count)
    {
        if (count == silent.Length)
            return;
        throw new UsageException($"--labels is given {count} {(count == 1 ? "time" : "times")} for {silent.Length} models whose files do not say their labels: "
            + $"{string.Join(", ", silent.Select(path => $"'{path}'"))}.");
    }

    private static Normalization? ParseNormalization(string text)
    {
        try
        {
            return Normalization.Parse(text);
        }
        catch (FormatException mistake)
        {
            throw new UsageException(mistake.Message, mistake);
        }
    }
}
