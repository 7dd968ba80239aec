using System.Globalization;
using System.Text;
using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What a zip merged, how alike it was, and what it costs; as an object, as a text table and as JSON.</summary>
/// <param name="Matcher">Name of the matcher.</param>
/// <param name="Spaces">One entry per space whose features were matched, in topological order; outputs, which are only averaged, have none.</param>
/// <param name="Cost">Multiply-adds and parameters of the zipped network.</param>
/// <param name="MemberCosts">The same for each member.</param>
/// <param name="Times">Duration of each stage.</param>
public sealed record ZipReport(
    string Matcher, IReadOnlyList<SpaceReport> Spaces, NetworkCost Cost, IReadOnlyList<NetworkCost> MemberCosts, IReadOnlyDictionary<ZipStage, TimeSpan> Times)
{
    /// <summary>Errors of each layer before and after the least-squares refit; empty without one.</summary>
    public IReadOnlyList<LayerReport> Layers { get; init; } = [];

    /// <summary>Names of the members, in the order of <see cref="MemberCosts"/>.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>How far the members share one network.</summary>
    public string Cut { get; init; } = "";

    /// <summary>Number of calibration images; 0 if it is not known.</summary>
    public long Images { get; init; }

    /// <summary>Number of different ones among them; 0 if it is not known.</summary>
    public long DistinctImages { get; init; }

    /// <summary>What each task has lost, estimated without labels; empty if the tasks are not known.</summary>
    public IReadOnlyList<TaskReport> Tasks { get; init; } = [];

    /// <summary>Number of calibration images that <see cref="Tasks"/> and <see cref="Loss"/> were estimated on.</summary>
    public long ComparedImages { get; init; }

    /// <summary>
    /// Estimate of the joint accuracy that the zipped network loses against all members side by side, from 0 to 1, without labels: by how much the members'
    /// joint probability of the class that the zipped network names falls short of that of the class that they name, mean over the images. At most the share
    /// of images on which they disagree. Null if the tasks are not known.
    /// </summary>
    public double? Loss { get; init; }

    /// <summary>The cuts that were tried for <see cref="ZipOptions.MaximumLoss"/>, the cheapest first; the last one was taken. Empty without it.</summary>
    public IReadOnlyList<CutReport> Cuts { get; init; } = [];

    /// <summary>
    /// How far the calibration images are from those that each member was trained on; null for members without batch normalization. Empty if it was not
    /// measured, as in earlier versions.
    /// </summary>
    public IReadOnlyList<StatisticsShift?> Shifts { get; init; } = [];

    /// <summary>What the ensemble of all members costs.</summary>
    public NetworkCost EnsembleCost => new(MemberCosts.Sum(cost => cost.MultiplyAdds), MemberCosts.Sum(cost => cost.Parameters));

    /// <summary>
    /// Sentences about what makes a poor merge likely, whatever the matcher: members that were trained on other images, members of which the merged features
    /// say too little, features that do not vary, calibration images that are few or the same. Empty if all is well.
    /// </summary>
    public IReadOnlyList<string> Warnings => ReportWarnings.Of(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is no report.</exception>
    public static ZipReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        ZipReport report = JsonSerializer.Deserialize(json, ZipReportJson.Default.ZipReport) ?? throw new JsonException("Expected a report, found null.");
        ReportCheck.Check(report);
        return report with
        {
            Spaces = [.. report.Spaces.Select(space => space.Completed())],
            Tasks = report.Tasks ?? [],
            Cuts = report.Cuts ?? [],
            Shifts = report.Shifts ?? [],
        };
    }

    /// <summary>The report as a JSON object; numbers that are not finite are the strings "NaN" and so on, times are "hh:mm:ss.fffffff".</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ZipReportJson.Default.ZipReport);

    /// <summary>The report as a table of spaces, totals, times and warnings; plain text for a fixed-width font.</summary>
    public string ToText()
    {
        int members = MemberCosts.Count;
        var names = Enumerable.Range(0, members).Select(m => m < Members.Count ? Members[m] : $"{m + 1}").ToArray();
        List<string[]> rows =
        [
            ["space", "width", .. names.Select(name => $"within {name}"), "across", "mean corr.", "min. corr.", "lost",
                .. names.Select(name => $"lost {name}")],
        ];
        rows.AddRange(Spaces.Select(space => (string[])
        [
            space.Name,
            Format(space.Width),
            .. Enumerable.Range(0, members).Select(m => Format(m < space.MergesWithin.Count ? space.MergesWithin[m] : 0)),
            Format(space.MergesAcross),
            FormatShare(space.MeanCorrelation),
            FormatShare(space.MinimumCorrelation),
            FormatShare(space.Unexplained),
            .. Enumerable.Range(0, members).Select(m => FormatShare(m < space.UnexplainedOfMember.Count ? space.UnexplainedOfMember[m] : double.NaN)),
        ]));
        var text = new StringBuilder();
        text.Append(Matcher);
        if (Cut.Length > 0)
            text.Append(", shared: ").Append(Cut);
        text.Append('\n');
        if (Spaces.Count > 0)
            AppendTable(text, rows);
        if (Layers.Count > 0)
        {
            AppendTable(text,
            [
                ["refitted layer", "error before", "after"],
                .. Layers.Select(layer => (string[])[layer.Name, FormatShare(layer.ErrorBefore), FormatShare(layer.ErrorAfter)]),
            ]);
        }

        if (Tasks.Count > 0)
        {
            AppendTable(text,
            [
                [$"task ({ComparedImages} images)", "images", "as its member", "loss"],
                .. Tasks.Select(task => (string[])[task.Name, Format(task.Images), FormatShare(task.Agreement), FormatShare(task.Loss)]),
                .. Loss is { } loss ? new string[][] { ["joint", Format(ComparedImages), "", FormatShare(loss)] } : [],
            ]);
        }

        if (Cuts.Count > 0)
            AppendTable(text, [["tried cut", "multiply-adds", "loss"],
                .. Cuts.Select(cut => (string[])[cut.Cut, cut.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture), FormatShare(cut.Loss)])]);
        NetworkCost ensemble = EnsembleCost;
        text.Append(CultureInfo.InvariantCulture,
            $"multiply-adds {Cost.MultiplyAdds:N0} of {ensemble.MultiplyAdds:N0}, parameters {Cost.Parameters:N0} of {ensemble.Parameters:N0}\n");
        if (Shifts.Count > 0)
        {
            text.Append("shift from training: ")
                .AppendJoin(", ", Shifts.Select((shift, m) => $"{(m < names.Length ? names[m] : $"{m + 1}")} {FormatShare(shift?.Median ?? double.NaN)}"))
                    .Append('\n');
        }

        if (Times.Count > 0)
            text.AppendJoin(", ", Times.Select(entry =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Key.ToText()} {entry.Value.TotalSeconds:0.000} s"))).Append('\n');
        foreach (string warning in Warnings)
            text.Append("Warning: ").Append(warning).Append('\n');
        return text.ToString();
    }

    /// <inheritdoc cref="ToText"/>
    public override string ToString() => ToText();

    /// <summary>The first column is text, the others are numbers and stand right.</summary>
    private static void AppendTable(StringBuilder text, List<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            text.Append(row[0].PadRight(widths[0]));
            for (int column = 1; column < row.Length; column++)
                text.Append("  ").Append(row[column].PadLeft(widths[column]));
            text.Append('\n');
        }
    }

    private static string Format(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string FormatShare(double value) => double.IsNaN(value) ? "–" : value.ToString("0.000", CultureInfo.InvariantCulture);
}
