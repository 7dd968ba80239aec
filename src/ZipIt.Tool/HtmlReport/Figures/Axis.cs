namespace ZipIt.Tool.HtmlReport;

/// <summary>A linear scale with round ticks.</summary>
internal sealed class Axis
{
    private const double Slack = 0.02; // of a step, that a value may lie beyond the ends

    private readonly double _start;
    private readonly double _end;

    /// <summary>Makes a scale that holds all values.</summary>
    /// <param name="values">The values; those that are not finite do not count.</param>
    /// <param name="start">Position of the smallest value.</param>
    /// <param name="end">Position of the largest value.</param>
    /// <param name="ticks">About how many ticks there shall be.</param>
    /// <param name="least">The scale reaches down to this at least.</param>
    /// <param name="most">The scale reaches no further up than this, whatever is round.</param>
    public Axis(IEnumerable<double> values, double start, double end, int ticks, double least = double.PositiveInfinity, double most = double.PositiveInfinity)
    {
        double[] finite = [.. values.Where(double.IsFinite).DefaultIfEmpty(0)];
        double low = Math.Min(finite.Min(), least), high = Math.Max(finite.Max(), low);
        double step = Round((high - low) / ticks);
        Low = Math.Floor(low / step + Slack) * step;
        High = Math.Min(Math.Ceiling(high / step - Slack) * step, most);
        if (High <= Low)
            High = Low + step;
        Step = step;
        (_start, _end) = (start, end);
    }

    /// <summary>Smallest value of the scale.</summary>
    public double Low { get; }

    /// <summary>Largest value of the scale.</summary>
    public double High { get; }

    /// <summary>Distance of two ticks.</summary>
    public double Step { get; }

    /// <summary>The values of the ticks.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            int count = (int)Math.Floor((High - Low) / Step + 1e-6);
            for (int i = 0; i <= count; i++)
                yield return Low + i * Step;
        }
    }

    /// <summary>Position of a value.</summary>
    public double Place(double value) => _start + (value - Low) / (High - Low) * (_end - _start);

    /// <summary>1, 2 or 5 times a power of ten, near to a value.</summary>
    private static double Round(double step)
    {
        if (!(step > 0))
            return 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return (step / power) switch
        {
            <= 1.2 => 1,
            <= 2.4 => 2,
            <= 6 => 5,
            _ => 10,
        } * power;
    }
}
