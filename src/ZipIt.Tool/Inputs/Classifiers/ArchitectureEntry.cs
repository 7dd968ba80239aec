using System.Globalization;
using ZipIt.Networks;

namespace ZipIt.Tool.Inputs;

/// <summary>What a checkpoint's network was built with and no tensor tells, as settings say it.</summary>
internal static class ArchitectureEntry
{
    /// <summary>The keys.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["activation", "epsilon", "stem-stride", "stem-pooling", "stage-strides", "stride-on-first-convolution", "shortcut-padding", "pre-activated-shortcut"];

    private static readonly (string Name, Func<float?, Activation> Create)[] Activations =
    [
        ("relu", _ => new ReLU()),
        ("relu6", _ => new Clip(0, 6)),
        ("leaky-relu", value => value is { } slope ? new LeakyReLU(slope) : new LeakyReLU()),
        ("elu", value => value is { } alpha ? new ELU(alpha) : new ELU()),
        ("gelu", _ => new GELU()),
        ("silu", _ => new SiLU()),
        ("hard-swish", _ => new HardSwish()),
        ("sigmoid", _ => new Sigmoid()),
        ("tanh", _ => new Tanh()),
    ];

    /// <summary>Reads the options.</summary>
    /// <param name="settings">The keys and values.</param>
    /// <exception cref="InvalidDataException">A key or a value is not known; the message names file and line.</exception>
    public static ArchitectureOptions Read(SettingsMap settings)
    {
        settings.Check("an architecture", [.. Keys]);
        return new ArchitectureOptions
        {
            Activation = settings.FindText("activation") is { } activation ? ReadActivation(settings.Find("activation")!.Place, activation) : null,
            Epsilon = (float?)settings.FindNumber("epsilon"),
            StemStride = settings.FindWholeNumber("stem-stride"),
            StemPooling = settings.FindSwitch("stem-pooling"),
            StageStrides = settings.FindWholeNumbers("stage-strides"),
            StrideOnFirstConvolution = settings.FindSwitch("stride-on-first-convolution"),
            ShortcutPadding = settings.FindText("shortcut-padding") switch
            {
                null => null,
                "centered" => ChannelPadding.Centered,
                "behind" => ChannelPadding.Behind,
                var other => throw settings.Find("shortcut-padding")!.Place.Error($"expected centered or behind as 'shortcut-padding', found '{other}'."),
            },
            PreActivatedShortcut = settings.FindSwitch("pre-activated-shortcut"),
        };
    }

    /// <summary>Reads an activation: its name, and in brackets its slope or α.</summary>
    private static Activation ReadActivation(SettingsPlace place, string text)
    {
        string[] parts = text.TrimEnd(')').Split('(', 2, StringSplitOptions.TrimEntries);
        string name = parts[0].Replace("_", "-", StringComparison.Ordinal).ToLowerInvariant();
        (string Name, Func<float?, Activation> Create) found =
            Activations.FirstOrDefault(entry => entry.Name == name || entry.Name.Replace("-", "", StringComparison.Ordinal) == name);
        if (found.Create is null)
        {
            string[] names = [.. Activations.Select(entry => entry.Name)];
            throw place.Error($"there is no activation '{parts[0]}'{Suggestion.For(name, names) ?? $"; there are {string.Join(", ", names)}."}");
        }

        float? value = null;
        if (parts.Length > 1)
        {
            value = found.Name is "leaky-relu" or "elu" && float.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out float number)
                && float.IsFinite(number) ? number : throw place.Error($"expected a name, or leaky-relu(slope) or elu(alpha), as 'activation', found '{text}'.");
        }

        return found.Create(value);
    }
}
