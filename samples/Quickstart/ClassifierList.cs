using System.Text.Json;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace Quickstart;

/// <summary>Reads <c>models.json</c>: which checkpoint is which classifier.</summary>
internal static class ClassifierList
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true, ReadCommentHandling = JsonCommentHandling.Skip };

    /// <summary>Loads all classifiers of a folder.</summary>
    /// <param name="folder">The folder with <c>models.json</c> and the files that it names.</param>
    public static ZipClassifier[] Load(string folder)
    {
        string path = Path.Combine(folder, "models.json");
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{path}' is missing; it says which classes each checkpoint of the folder knows (see README.md).", path);
        Description? description;
        try
        {
            description = JsonSerializer.Deserialize<Description>(File.ReadAllText(path), Json);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' cannot be read. {error.Message}", error);
        }

        if (description?.Classifiers is not { Count: > 0 } entries)
            throw new InvalidDataException($"'{path}' has no 'classifiers'.");
        return [.. entries.Select(entry => Load(folder, path, entry))];
    }

    private static ZipClassifier Load(string folder, string path, Entry entry)
    {
        if (entry.Task is null || entry.File is null || entry.Labels is null)
            throw new InvalidDataException($"Every classifier in '{path}' needs 'task', 'file' and 'labels'.");
        ClassPrototypes? prototypes = entry.Prototypes is { } given
            ? ClassPrototypes.Load(Path.Combine(folder, given.File ?? throw new InvalidDataException($"The prototypes of '{entry.Task}' in '{path}' need a 'file'.")), given.Scale, given.Rows, given.Tensor)
            : null;
        ChannelAffine? normalization = entry.Normalization is { Mean: { } mean, Deviation: { } deviation } ? ChannelAffine.FromNormalization(mean, deviation, range: 1) : null;
        return ZipClassifier.FromCheckpoint(entry.Task, Path.Combine(folder, entry.File), entry.Labels, prototypes, normalization);
    }

    private sealed record Description(List<Entry>? Classifiers);

    private sealed record Entry(string? Task, string? File, string[]? Labels, PrototypeEntry? Prototypes, NormalizationEntry? Normalization);

    private sealed record PrototypeEntry(string? File, string? Tensor, int[]? Rows, float Scale);

    /// <summary>Mean and deviation of each channel, for pixels of 0–255.</summary>
    private sealed record NormalizationEntry(double[]? Mean, double[]? Deviation);
}
