using ZipIt.MLNet;

namespace ZipIt.Tool.Inputs;

/// <summary>Reads <c>models.json</c>: which file is which classifier.</summary>
internal static class ClassifierList
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "models.json";

    /// <summary>Whether a path is that of a folder, or of a <c>models.json</c> itself.</summary>
    public static bool IsList(string path) => Directory.Exists(path) || Path.GetFileName(path) == FileName;

    /// <summary>Loads all classifiers of a folder, which are checkpoints.</summary>
    /// <param name="folder">The folder with <c>models.json</c> and the files that it names.</param>
    /// <exception cref="FileNotFoundException">The folder has no <c>models.json</c>, or lacks a file that it names.</exception>
    /// <exception cref="InvalidDataException">A setting or a file is not as expected; the message names file and line.</exception>
    public static ZipClassifier[] Load(string folder) => [.. Read(folder).Select(entry => entry.LoadCheckpoint())];

    /// <summary>Reads what <c>models.json</c> says, without opening the models.</summary>
    /// <param name="folder">The folder, or the file itself.</param>
    /// <exception cref="FileNotFoundException">The folder has no <c>models.json</c>.</exception>
    /// <exception cref="InvalidDataException">A setting is not as expected; the message names file and line.</exception>
    public static ClassifierEntry[] Read(string folder)
    {
        if (Path.GetFileName(folder) == FileName && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder) ?? "";
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{path}' is missing; it says which classes each checkpoint of the folder knows (docs/command-line.md).", path);
        SettingsMap settings = JsonSettings.Load(path);
        settings.Check("a list of classifiers", "classifiers");
        if (settings.Find("classifiers") is not SettingsList { Items.Count: > 0 } list)
            throw new InvalidDataException($"'{path}' has no 'classifiers'.");
        return [.. list.Items.Select(item => Read(item, folder))];
    }

    private static ClassifierEntry Read(SettingsNode item, string folder)
    {
        ClassifierEntry entry = ClassifierEntry.Read(item, folder);
        return entry.Task is null ? throw item.Place.Error("every classifier needs a 'task'.") : entry;
    }
}
