using System.Globalization;

namespace ZipIt.Tool.HtmlReport;

/// <summary>Numbers as the report shows them.</summary>
internal static class Format
{
    private const string Unknown = "–";

    /// <summary>A share of 1 in %, with one decimal.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? Unknown : $"{Tenths(100 * share)}\u00A0%";

    /// <summary>A share of 1 in %, without the sign.</summary>
    public static string PercentNumber(double share) => double.IsNaN(share) ? Unknown : Tenths(100 * share);

    /// <summary>A number with one decimal.</summary>
    public static string Tenths(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>A number with two decimals.</summary>
    public static string Hundredths(double value) => double.IsNaN(value) ? Unknown : value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A small number, e.g. 1e-4.</summary>
    public static string Scientific(double value) => value.ToString("0.#e-0", CultureInfo.InvariantCulture);

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A large number with three digits, e.g. 42.9 M.</summary>
    public static string Magnitude(long value)
    {
        (double scaled, string unit) = value switch
        {
            >= 1_000_000_000 => (value / 1e9, "\u00A0G"),
            >= 1_000_000 => (value / 1e6, "\u00A0M"),
            >= 10_000 => (value / 1e3, "\u00A0k"),
            _ => (value, ""),
        };
        string digits = unit.Length == 0 || scaled >= 100 ? "0" : scaled >= 10 ? "0.0" : "0.00";
        return scaled.ToString(digits, CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>A factor, e.g. 1.33×.</summary>
    public static string Factor(double value) => $"{Hundredths(value)}×";

    /// <summary>A duration in the unit that suits it.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 0.0995 => $"{time.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture)}\u00A0ms",
        < 9.95 => $"{Hundredths(time.TotalSeconds)}\u00A0s",
        < 120 => $"{Tenths(time.TotalSeconds)}\u00A0s",
        < 7200 => $"{(int)time.TotalMinutes} min {time.Seconds} s",
        _ => $"{(int)time.TotalHours} h {time.Minutes} min",
    };
}
