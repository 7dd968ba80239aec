using System.Globalization;

namespace ZipIt.PerformanceTests;

/// <summary>Options of the form <c>--name value</c>.</summary>
internal sealed class CommandLine(string[] args)
{
    /// <summary>The value of an option; null if it is not given.</summary>
    public string? Find(string name)
    {
        int index = Array.IndexOf(args, $"--{name}");
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }

    /// <summary>The value of an option that must be given.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public string Get(string name) => Find(name) ?? throw new ArgumentException($"Expected the option --{name}.");

    /// <summary>Numbers with commas between them.</summary>
    public double[] GetNumbers(string name) => [.. Get(name).Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
