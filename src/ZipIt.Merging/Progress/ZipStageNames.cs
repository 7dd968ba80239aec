namespace ZipIt.Merging;

/// <summary>How the stages of a zip are called in logs, reports and progress bars.</summary>
public static class ZipStageNames
{
    private static readonly (string Name, string? Units)[] Names =
    [
        ("Statistics", "images"),
        ("Matching", "spaces"),
        ("Merging", null),
        ("BatchNorm reset", "images"),
        ("Refit", "layers"),
        ("Tuning", "candidates"),
        ("Comparison", "images"),
    ];

    /// <summary>The stage's name, which its duration has in the JSON of a report too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public static string ToText(this ZipStage stage) => EntryOf(stage).Name;

    /// <summary>What <see cref="ZipProgress.Done"/> counts, as a word in the plural; null if the stage counts nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public static string? CountedUnits(this ZipStage stage) => EntryOf(stage).Units;

    /// <summary>The stage that <see cref="ToText"/> calls so; null if there is none.</summary>
    public static ZipStage? Find(string name)
    {
        int index = Array.FindIndex(Names, entry => entry.Name == name);
        return index < 0 ? null : (ZipStage)index;
    }

    private static (string Name, string? Units) EntryOf(ZipStage stage) => Enum.IsDefined(stage)
        ? Names[(int)stage]
        : throw new ArgumentOutOfRangeException(nameof(stage), stage, "Expected one of the named stages.");
}
