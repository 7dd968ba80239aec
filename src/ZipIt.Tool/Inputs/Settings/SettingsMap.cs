using System.Globalization;

namespace ZipIt.Tool.Inputs;

/// <summary>
/// Values by their keys. A key may be spelt <c>image-size</c>, <c>image_size</c> or <c>imageSize</c>; one that nobody knows is an error, so that a misspelt one
/// is not passed over.
/// </summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Entries">Keys, with their places, and values.</param>
internal sealed record SettingsMap(SettingsPlace Place, IReadOnlyList<(string Key, SettingsPlace Place, SettingsNode Value)> Entries) : SettingsNode(Place)
{
    /// <inheritdoc/>
    public override string Kind => "a group of keys";

    /// <summary>Makes sure that all keys are known and that none is given twice.</summary>
    /// <param name="what">What the keys belong to, for messages, e.g. "a recipe".</param>
    /// <param name="known">The keys.</param>
    /// <exception cref="InvalidDataException">One is not, or is.</exception>
    public void Check(string what, params ReadOnlySpan<string> known)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string key, SettingsPlace place, _) in Entries)
        {
            if (!found.Add(Normalize(key)))
                throw place.Error($"the key '{Shorten(key)}' is given twice.");
            if (!Contains(known, key))
                throw place.Error($"{what} has no key '{Shorten(key)}'{Suggestion.For(key, known.ToArray()) ?? $"; it may have {string.Join(", ", known.ToArray())}."}");
        }
    }

    /// <summary>The value of a key; null if there is none.</summary>
    public SettingsNode? Find(string key)
    {
        string normalized = Normalize(key);
        SettingsNode? value = Entries.FirstOrDefault(entry => Normalize(entry.Key) == normalized).Value;
        return value is SettingsText { Value: null } ? null : value;
    }

    /// <summary>The value of a key that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="what">What it belongs to, for messages.</param>
    public SettingsNode Require(string key, string what) => Find(key) ?? throw Place.Error($"{what} needs '{key}'.");

    /// <summary>A text; null if there is none.</summary>
    public string? FindText(string key) => Find(key) is { } node ? ReadText(node, $"a text as '{key}'") : null;

    /// <summary>A number; null if there is none.</summary>
    public double? FindNumber(string key) => Find(key) is { } node ? ReadNumber(node, $"a number as '{key}'") : null;

    /// <summary>A whole number; null if there is none.</summary>
    public int? FindWholeNumber(string key) => Find(key) is { } node ? ReadWholeNumber(node, $"a whole number as '{key}'") : null;

    /// <summary>True or false; null if there is neither.</summary>
    public bool? FindSwitch(string key) => Find(key) switch
    {
        null => null,
        SettingsText { Value: { } text } when bool.TryParse(text, out bool isOn) => isOn,
        { } other => throw other.Place.Error($"expected true or false as '{key}', found {other.Kind}."),
    };

    /// <summary>A group of keys; null if there is none.</summary>
    public SettingsMap? FindMap(string key) => Find(key) switch
    {
        null => null,
        SettingsMap map => map,
        { } other => throw other.Place.Error($"expected a group of keys as '{key}', found {other.Kind}."),
    };

    /// <summary>A list of numbers; null if there is none.</summary>
    public double[]? FindNumbers(string key) =>
        Find(key) is { } node ? [.. ItemsOf(node, key).Select(item => ReadNumber(item, $"numbers as '{key}'"))] : null;

    /// <summary>A list of whole numbers; null if there is none.</summary>
    public int[]? FindWholeNumbers(string key) =>
        Find(key) is { } node ? [.. ItemsOf(node, key).Select(item => ReadWholeNumber(item, $"whole numbers as '{key}'"))] : null;

    /// <summary>Texts, or a single one; null if there are none.</summary>
    public string[]? FindTexts(string key) => Find(key) switch
    {
        null => null,
        SettingsText single => [ReadText(single, $"texts as '{key}'")],
        { } node => [.. ItemsOf(node, key).Select(item => ReadText(item, $"texts as '{key}'"))],
    };

    private static string ReadText(SettingsNode node, string what) => node is SettingsText { Value: { } text } ? text : throw Expected(node, what);

    private static double ReadNumber(SettingsNode node, string what) =>
        node is SettingsText { Value: { } text } && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number) ? number : throw Expected(node, what);

    private static int ReadWholeNumber(SettingsNode node, string what) =>
        node is SettingsText { Value: { } text } && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number : throw Expected(node, what);

    private static IReadOnlyList<SettingsNode> ItemsOf(SettingsNode node, string key) =>
        node is SettingsList list ? list.Items : throw Expected(node, $"a list as '{key}'");

    private static InvalidDataException Expected(SettingsNode node, string what) => node.Place.Error($"expected {what}, found {node.Kind}.");

    private static bool Contains(ReadOnlySpan<string> known, string key)
    {
        string normalized = Normalize(key);
        foreach (string one in known)
        {
            if (Normalize(one) == normalized)
                return true;
        }

        return false;
    }

    private static string Shorten(string key) => key.Length <= 80 ? key : key[..80] + "…";

    private static string Normalize(string key) => key.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
