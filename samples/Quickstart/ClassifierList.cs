using System.Text.Json;
using System.Text.Json.Serialization;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace Quickstart;

/// <summary>Reads <c>models.json</c>: which checkpoint is which classifier.</summary>
internal static class ClassifierList
{
    /// <summary>A misspelt property, which would leave a network without its normalization, is an error.</summary>
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

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

    private static ZipClassifier Load(string folder, string path, Classifier entry)
    {
        if (entry.Task is null || entry.File is null || entry.Labels is null)
            throw new InvalidDataException($"Every classifier in '{path}' needs 'task', 'file' and 'labels'.");
        try
        {
            ClassPrototypes? prototypes = entry.Prototypes is { } given
                ? ClassPrototypes.Load(Path.Combine(folder, given.File ?? throw new ArgumentException("The prototypes need a 'file'.")), given.Scale,
                    given.Rows, given.Tensor)
                : null;
            ChannelAffine? normalization = entry.Normalization is { } pixels
                ? ChannelAffine.FromNormalization(
                    pixels.Mean ?? throw new ArgumentException("The normalization needs a 'mean'."),
                    pixels.Deviation ?? throw new ArgumentException("The normalization needs a 'deviation'."))
                : null;
            Size2? imageSize = entry.ImageSize is { } pixelsAcross ? pixelsAcross : null;
            return ZipClassifier.FromCheckpoint(entry.Task, Path.Combine(folder, entry.File), entry.Labels!, prototypes, normalization, imageSize,
                entry: entry.Entry);
        }
        catch (ArgumentException mistake)
        {
            throw new InvalidDataException($"'{path}', task '{entry.Task}': {mistake.Message}", mistake);
        }
    }

    private sealed record Description(List<Classifier>? Classifiers);

    /// <summary>One classifier.</summary>
    /// <param name="Task">Name of its task.</param>
    /// <param name="File">Name of its checkpoint.</param>
    /// <param name="Labels">Names of its classes.</param>
    /// <param name="Prototypes">Vectors that its output is compared with.</param>
    /// <param name="Normalization">What its pixels are normalized with.</param>
    /// <param name="ImageSize">Height and width of its images in pixels.</param>
    /// <param name="Entry">Which weights of the checkpoint, if it holds several.</param>
    private sealed record Classifier(
        string? Task, string? File, string?[]? Labels, PrototypeEntry? Prototypes, NormalizationEntry? Normalization, int? ImageSize, string? Entry);

    private sealed record PrototypeEntry(string? File, string? Tensor, int[]? Rows, float Scale);

    /// <summary>Mean and deviation of each channel, for pixels of 0–1.</summary>
    private sealed record NormalizationEntry(double[]? Mean, double[]? Deviation);
}
