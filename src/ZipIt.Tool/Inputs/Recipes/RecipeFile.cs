using ZipIt.Merging;

namespace ZipIt.Tool.Inputs;

/// <summary>Reads recipes: YAML or JSON files that say all of a merge.</summary>
internal static class RecipeFile
{
    /// <summary>The keys, which are called as the options of the command line.</summary>
    private static readonly string[] Keys =
    [
        "models", "calibration", "images", "method", "cut", "budget", "max-loss", "start", "widen", "joint", "shared-labels", "share-normalization",
        "calibration-check", "max-calibration", "seed", "input", "output",
    ];

    /// <summary>Whether a file is a recipe, by its name.</summary>
    public static bool IsRecipe(string path) => Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml" or ".json" && !ClassifierList.IsList(path);

    /// <summary>Reads a recipe. Models and images are not opened.</summary>
    /// <param name="path">Path of the file; paths in it are relative to its folder.</param>
    /// <exception cref="InvalidDataException">A key or a value is not as expected; the message names file and line.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Recipe Load(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no recipe '{path}'.", path);
        return Read(YamlSettings.Load(path), Path.GetDirectoryName(path) ?? "");
    }

    /// <summary>Reads a recipe from its settings.</summary>
    /// <param name="settings">Keys and values.</param>
    /// <param name="folder">Folder that paths are relative to.</param>
    /// <exception cref="InvalidDataException">A key or a value is not as expected; the message names file and line.</exception>
    public static Recipe Read(SettingsMap settings, string folder)
    {
        settings.Check("a recipe", Keys);
        if (settings.Find("budget") is { } budget && settings.Find("cut") is not null)
            throw budget.Place.Error("expected a 'cut' or a 'budget', found both.");
        return new Recipe
        {
            Models = ReadModels(settings.Require("models", "a recipe"), folder),
            Calibration = Locate(settings.FindText("calibration") ?? throw settings.Place.Error("a recipe needs 'calibration', a folder or file of images.")),
            Images = settings.FindText("images") is { } images ? Locate(images) : null,
            Method = Parse("method", MethodChoice.Parse) ?? MethodChoice.Best,
            Cut = Parse("cut", CutChoice.Parse),
            Budget = Positive("budget"),
            MaximumLoss = settings.FindNumber("max-loss") switch
            {
                null => null,
                >= 0 and <= 1 and var loss => loss,
                var other => throw settings.Find("max-loss")!.Place.Error(FormattableString.Invariant($"expected a share from 0 to 1 as 'max-loss', found {other}.")),
            },
            Start = Parse("start", CutChoice.Parse),
            Widen = Positive("widen"),
            Joint = settings.Find("joint") is null ? null : ParseChoice<JointScoring>("joint", "way to compare tasks"),
            SharedLabels = settings.FindSwitch("shared-labels") ?? false,
            ShareNormalization = settings.FindSwitch("share-normalization"),
            CalibrationCheck = settings.Find("calibration-check") is null
                ? CalibrationCheck.Refuse : ParseChoice<CalibrationCheck>("calibration-check", "check"),
            MaximumCalibration = settings.FindWholeNumber("max-calibration") switch
            {
                null => null,
                >= 2 and var most => most,
                var other => throw settings.Find("max-calibration")!.Place.Error($"expected at least 2 as 'max-calibration', found {other}."),
            },
            Seed = settings.FindWholeNumber("seed"),
            Input = settings.Find("input") is null ? ModelInput.Path : ParseChoice<ModelInput>("input", "input"),
            Output = [.. (settings.FindTexts("output") ?? []).Select(Locate)],
        };

        string Locate(string path) => Path.Combine(folder, path);

        T? Parse<T>(string key, Func<string, T> parse)
            where T : class
        {
            if (settings.FindText(key) is not { } text)
                return null;
            try
            {
                return parse(text);
            }
            catch (FormatException mistake)
            {
                throw settings.Find(key)!.Place.Error(mistake.Message, mistake);
            }
        }

        T ParseChoice<T>(string key, string what)
            where T : struct, Enum
        {
            try
            {
                return Choice.Parse<T>(what, settings.FindText(key)!);
            }
            catch (FormatException mistake)
            {
                throw settings.Find(key)!.Place.Error(mistake.Message, mistake);
            }
        }

        double? Positive(string key) => settings.FindNumber(key) switch
        {
            null => null,
            > 0 and var number => number,
            var other => throw settings.Find(key)!.Place.Error(FormattableString.Invariant($"expected a positive number as '{key}', found {other}.")),
        };
    }

    private static IReadOnlyList<ClassifierEntry> ReadModels(SettingsNode models, string folder)
    {
        IReadOnlyList<ClassifierEntry> entries = models switch
        {
            SettingsText { Value: { } path } => ClassifierList.Read(Path.Combine(folder, path)),
            SettingsList list => [.. list.Items.SelectMany(item => item is SettingsText { Value: { } path }
                ? ClassifierList.IsList(Path.Combine(folder, path)) ? ClassifierList.Read(Path.Combine(folder, path))
                    : [new ClassifierEntry { File = path, Folder = folder, Place = item.Place }]
                : [ClassifierEntry.Read(item, folder)])],
            _ => throw models.Place.Error($"expected a list of models as 'models', or a folder with a {ClassifierList.FileName}, found {models.Kind}."),
        };
        return entries.Count >= 2 ? entries : throw models.Place.Error($"expected two or more models, found {entries.Count}.");
    }
}
