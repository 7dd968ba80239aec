namespace ZipIt.Tool.HtmlReport;

/// <summary>The looks of reports and figures, and which class stands for which value.</summary>
internal static class StyleSheet
{
    /// <summary>Number of colours of tasks; further tasks begin anew.</summary>
    public const int TaskColors = 6;

    /// <summary>Number of shades of a cell of a confusion matrix.</summary>
    public const int Shades = 8;

    private static readonly double[] MistakeLimits = [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5];

    /// <summary>Colours and figures; whole for an SVG file.</summary>
    public static string Figures { get; } = Read("figures.css");

    /// <summary>Colours, figures and page.</summary>
    public static string Page { get; } = Figures + Read("page.css");

    /// <summary>Upper limits of the colours of unexplained shares.</summary>
    public static ReadOnlySpan<double> HeatLimits => [0.05, 0.1, 0.15, 0.2, 0.3, double.PositiveInfinity];

    /// <summary>Which colour an unexplained share has; the first one if it is not known.</summary>
    public static int HeatOf(double share)
    {
        for (int i = 0; i < HeatLimits.Length; i++)
        {
            if (share < HeatLimits[i])
                return i;
        }

        return 0;
    }

    /// <summary>Shade of the share of a class's images that are named rightly.</summary>
    public static int ShadeOf(double share) => Math.Clamp((int)(share * Shades), 0, Shades - 1);

    /// <summary>Shade of the share of a class's images that are taken for those of another; few stand out already.</summary>
    public static int MistakeShadeOf(double share) => MistakeLimits.Count(limit => share >= limit);

    private static string Read(string name)
    {
        using Stream stream = typeof(StyleSheet).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
