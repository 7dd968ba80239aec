namespace Reproduction.Tables;

/// <summary>A row, measured.</summary>
/// <param name="Row">The row.</param>
/// <param name="Cases">What it gave on each case.</param>
internal sealed record ResultRow(TableRow Row, IReadOnlyList<Measurement> Cases)
{
    /// <summary>Mean and standard deviation over the cases of the joint accuracy.</summary>
    public (double Mean, double Deviation) Joint => Summarize(measured => measured.Joint);

    /// <summary>Mean and standard deviation over the cases of the mean accuracy within tasks.</summary>
    public (double Mean, double Deviation) Average => Summarize(measured => measured.Average);

    /// <summary>Mean over the cases of the multiply-adds as a multiple of one member's.</summary>
    public double RelativeCost => Cases.Average(measured => measured.RelativeCost);

    /// <summary>Mean over the cases of the time that merging took.</summary>
    public double Seconds => Cases.Average(measured => measured.Seconds);

    private (double Mean, double Deviation) Summarize(Func<Measurement, double> value)
    {
        double mean = Cases.Average(value);
        double deviation = Cases.Count < 2 ? double.NaN : Math.Sqrt(Cases.Sum(measured => Math.Pow(value(measured) - mean, 2)) / (Cases.Count - 1));
        return (mean, deviation);
    }
}
