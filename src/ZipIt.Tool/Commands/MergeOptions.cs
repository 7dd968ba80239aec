using System.CommandLine;
using ZipIt.Merging;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary>The options of a merge, each called as the key of a recipe.</summary>
internal sealed class MergeOptions
{
    private readonly ModelOptions _models = new(
        ArgumentArity.OneOrMore, "Two or more models: checkpoints, ONNX files, model zips, folders with a models.json. Or a recipe (.yaml, .json) that says everything.");

    private readonly Option<string?> _calibration = new("--calibration")
    {
        Description = "Images of all tasks, a few hundred; labels are not used. A folder (or one in it, called calibration), a list of paths (.tsv, .csv), or a file in "
            + "CIFAR-10's binary layout.",
        HelpName = "folder or file",
    };

    private readonly Option<string?> _images = new("--images")
    {
        Description = "Labelled images to measure the result and the models on; see evaluate.",
        HelpName = "folder or file",
    };

    private readonly Option<string[]> _output = new("--output", "-o")
    {
        Description = "File to write, perhaps more than one: .onnx, .zip (ML.NET), .safetensors or .dat (weights alone, for PyTorch and TorchSharp).",
        HelpName = "file",
    };

    private readonly Option<string?> _method = new("--method")
    {
        Description = "How features are merged: best, paper, paper-with-refit, averaging, permute, or a method, a plus sign and a matcher. See 'zipit methods'. Default: best.",
        HelpName = "method",
    };

    private readonly Option<string?> _cut = new("--cut")
    {
        Description = $"How far the models share one network: {CutChoice.Forms}. Default: auto.",
        HelpName = "cut",
    };

    private readonly Option<double?> _budget = new("--budget")
    {
        Description = "Multiply-adds that the result may take, as a multiple of the costliest model's, e.g. 1.33: the earliest cut within it is taken.",
        HelpName = "factor",
    };

    private readonly Option<double?> _maximumLoss = new("--max-loss")
    {
        Description = "Largest loss of accuracy among all classes, 0 … 1, estimated without labels: less is shared until it is met.",
        HelpName = "share",
    };

    private readonly Option<string?> _start = new("--start") { Description = "What stays per model at the front; a cut.", HelpName = "cut" };

    private readonly Option<double?> _widen = new("--widen")
    {
        Description = "Multiply-adds that the result may take in wider layers, as a multiple of the costliest model's.",
        HelpName = "factor",
    };

    private readonly Option<string?> _joint = new("--joint")
    {
        Description = $"How the classes of several tasks are compared: {string.Join(", ", Choice.NamesOf<JointScoring>())}. Default: calibrated; softmax with the paper's method.",
        HelpName = "way",
    };

    private readonly Option<bool> _sharedLabels = new("--shared-labels") { Description = "Models may know the same class, which then counts once." };

    private readonly Option<bool?> _shareNormalization = new("--share-normalization")
    {
        Description = "Whether models that normalize pixels differently share one normalization. Default: as the method does.",
        HelpName = "true or false",
    };

    private readonly Option<string?> _check = new("--calibration-check")
    {
        Description = $"What is done about images that the models were not trained on: {string.Join(", ", Choice.NamesOf<CalibrationCheck>())}. Default: refuse.",
        HelpName = "check",
    };

    private readonly Option<int?> _maximumCalibration = new("--max-calibration")
    {
        Description = "Largest number of calibration images, spread over all.",
        HelpName = "number",
    };

    private readonly Option<string?> _input = new("--input")
    {
        Description = "What a saved .zip takes: path (of an image file, column ImagePath), image (column Image), or pixels (column Pixels). Default: path.",
        HelpName = "kind",
    };

    /// <summary>Makes the options.</summary>
    public MergeOptions()
    {
        _method.CompletionSources.Add([.. MethodChoice.Names]);
        _cut.CompletionSources.Add("auto", "all", "heads", "far", "nothing", "stage:", "node:", "spaces:");
        _joint.CompletionSources.Add([.. Choice.NamesOf<JointScoring>()]);
        _check.CompletionSources.Add([.. Choice.NamesOf<CalibrationCheck>()]);
        _input.CompletionSources.Add([.. Choice.NamesOf<ModelInput>()]);
    }

    private Option[] OfRecipe =>
    [
        _calibration, _images, _method, _cut, _budget, _maximumLoss, _start, _widen, _joint, _sharedLabels, _shareNormalization, _check, _maximumCalibration,
        _input,
    ];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _models.AddTo(command);
        foreach (Option option in OfRecipe.Append(_output))
            command.Options.Add(option);
    }

    /// <summary>What shall be done: what a recipe says, or the options.</summary>
    /// <exception cref="UsageException">Options contradict each other or the recipe, or something is missing.</exception>
    public Recipe Read(ParseResult arguments)
    {
        string[] paths = arguments.GetValue(_models.Models) ?? [];
        string[] output = arguments.GetValue(_output) ?? [];
        Recipe recipe;
        if (paths is [var only] && RecipeFile.IsRecipe(only))
        {
            Option? besides = OfRecipe.FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false });
            if (besides is not null || _models.IsSaid(arguments))
                throw new UsageException($"The recipe '{only}' says everything; say {(besides is null ? "what models are like" : besides.Name)} in it. Only --output may stand beside it.");
            recipe = RecipeFile.Load(only);
            if (output.Length > 0)
                recipe = recipe with { Output = output };
        }
        else
        {
            recipe = ReadOptions(arguments, output);
        }

        return recipe.Output.Count > 0 ? recipe : throw new UsageException("There is nothing to write; give --output, e.g. -o zipped.onnx.");
    }

    private Recipe ReadOptions(ParseResult arguments, string[] output)
    {
        string[] paths = arguments.GetValue(_models.Models) ?? [];
        if (paths.FirstOrDefault(RecipeFile.IsRecipe) is { } recipe)
            throw new UsageException($"'{recipe}' is a recipe, which says everything; expected it alone, or models.");
        IReadOnlyList<ClassifierEntry> models = _models.Read(arguments);
        if (models.Count < 2)
            throw new UsageException($"Expected two or more models to merge, found {models.Count}.");
        if (arguments.GetValue(_budget) is not null && arguments.GetValue(_cut) is not null)
            throw new UsageException("Expected --cut or --budget, found both.");
        return new Recipe
        {
            Models = models,
            Calibration = arguments.GetValue(_calibration)
                ?? throw new UsageException("Expected --calibration with images of all tasks; a few hundred are enough, without labels."),
            Images = arguments.GetValue(_images),
            Method = Parse(_method, MethodChoice.Parse) ?? MethodChoice.Best,
            Cut = Parse(_cut, CutChoice.Parse),
            Budget = Positive(_budget),
            MaximumLoss = arguments.GetValue(_maximumLoss) is { } loss && loss is not (>= 0 and <= 1)
                ? throw new UsageException("--max-loss takes a share from 0 to 1.") : arguments.GetValue(_maximumLoss),
            Start = Parse(_start, CutChoice.Parse),
            Widen = Positive(_widen),
            Joint = arguments.GetValue(_joint) is { } joint ? Read(() => Choice.Parse<JointScoring>("way to compare tasks", joint)) : null,
            SharedLabels = arguments.GetValue(_sharedLabels),
            ShareNormalization = arguments.GetValue(_shareNormalization),
            CalibrationCheck = arguments.GetValue(_check) is { } check ? Read(() => Choice.Parse<CalibrationCheck>("check", check)) : CalibrationCheck.Refuse,
            MaximumCalibration = arguments.GetValue(_maximumCalibration) is < 2
                ? throw new UsageException("--max-calibration takes a number of at least 2.") : arguments.GetValue(_maximumCalibration),
            Input = arguments.GetValue(_input) is { } input ? Read(() => Choice.Parse<ModelInput>("input", input)) : ModelInput.Path,
            Output = output,
        };

        T? Parse<T>(Option<string?> option, Func<string, T> parse)
            where T : class => arguments.GetValue(option) is { } text ? Read(() => parse(text)) : null;

        double? Positive(Option<double?> option) => arguments.GetValue(option) switch
        {
            null => null,
            > 0 and < double.PositiveInfinity and var number => number,
            _ => throw new UsageException($"{option.Name} takes a positive number."),
        };
    }

    /// <summary>Reads a value; what is wrong with it is wrong with the command line.</summary>
    internal static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception mistake) when (mistake is FormatException or ArgumentException)
        {
            throw new UsageException(mistake.Message.Split(" (Parameter '")[0], mistake);
        }
    }
}
