using System.Globalization;
using ZipIt.Networks;

namespace ZipIt.Tool.Inputs;

/// <summary>What a network's pixels were normalized with in training: mean and deviation of each channel, for pixels of 0–1.</summary>
/// <param name="Mean">Mean of each channel.</param>
/// <param name="Deviation">Standard deviation of each channel.</param>
internal sealed record Normalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation)
{
    /// <summary>The usual ones by name.</summary>
    public static IReadOnlyDictionary<string, Normalization?> Named { get; } = new Dictionary<string, Normalization?>
    {
        ["imagenet"] = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ["cifar10"] = new([0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]),
        ["cifar100"] = new([0.5071, 0.4867, 0.4408], [0.2675, 0.2565, 0.2761]),
        ["half"] = new([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
        ["unit"] = new([0, 0, 0], [1, 1, 1]),
        ["none"] = null,
    };

    /// <summary>Reads a name, or numbers as a command line has them: <c>0.49,0.48,0.45/0.20,0.20,0.20</c>.</summary>
    /// <returns>The normalization; null for none.</returns>
    /// <exception cref="FormatException">It is neither.</exception>
    public static Normalization? Parse(string text)
    {
        if (Named.TryGetValue(text, out Normalization? known))
            return known;
        string[] sides = text.Split('/');
        if (sides.Length != 2)
        {
            throw new FormatException($"There is no normalization '{text}'{Suggestion.For(text, [.. Named.Keys])
                ?? $"; there are {string.Join(", ", Named.Keys)}, or mean/deviation for pixels of 0–1, as 0.49,0.48,0.45/0.20,0.20,0.20."}");
        }

        return new Normalization(ReadNumbers(sides[0]), ReadNumbers(sides[1]));

        double[] ReadNumbers(string side) => [.. side.Split(',').Select(number =>
            double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
                : throw new FormatException($"Expected numbers as mean/deviation, found '{number}' in '{text}'."))];
    }

    /// <summary>Reads a name, or a group of 'mean' and 'deviation'.</summary>
    /// <returns>The normalization; null for none.</returns>
    /// <exception cref="InvalidDataException">It is neither; the message names file and line.</exception>
    public static Normalization? Read(SettingsNode settings)
    {
        if (settings is SettingsText { Value: { } name })
        {
            try
            {
                return Parse(name);
            }
            catch (FormatException mistake)
            {
                throw settings.Place.Error(mistake.Message, mistake);
            }
        }

        if (settings is not SettingsMap map)
            throw settings.Place.Error($"expected a name or 'mean' and 'deviation' as 'normalization', found {settings.Kind}.");
        map.Check("a normalization", "mean", "deviation");
        return new Normalization(
            map.FindNumbers("mean") ?? throw map.Place.Error("the normalization needs a 'mean'."),
            map.FindNumbers("deviation") ?? throw map.Place.Error("the normalization needs a 'deviation'."));
    }

    /// <summary>The layer that normalizes pixels of 0–255.</summary>
    /// <exception cref="ArgumentException">The numbers are none of pixels of 0–1.</exception>
    public ChannelAffine ToLayer() => ChannelAffine.FromNormalization([.. Mean], [.. Deviation]);
}
