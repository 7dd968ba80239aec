using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.Tool.HtmlReport;

/// <summary>What was merged: the network, its feature spaces, its layers, its tasks.</summary>
internal static class MergePart
{
    /// <summary>Writes the drawing of the network.</summary>
    public static void WriteNetwork(MergeSection merge, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "The network");
        NetworkCost cost = NetworkCost.Of(merge.Network);
        string costs = $"{Format.Magnitude(cost.MultiplyAdds)} multiply-adds for one image, {Format.Magnitude(cost.Parameters)} parameters.";
        if (!NetworkDrawing.CanDraw(merge.Network))
        {
            int layers = merge.Network.Nodes.Count(node => node.Layer.HasWeights);
            markup.Element("p", $"It has {layers} layers with weights for {merge.Network.Heads.Count} task(s), which no drawing shows. {costs}", ("class", "lead"));
            return;
        }

        string method = merge.Report is { } report
            ? $" Method: {report.Matcher}{(report.Layers.Count > 0 ? ", refitted" : "")}{(report.Cut.Length > 0 ? $"; shared: {report.Cut}" : "")}."
            : "";
        markup.Element("p", $"{NetworkDrawing.Describe(merge)} {costs}{method}", ("class", "lead"));
        foreach ((string style, bool isUpright) in ((string, bool)[])[("flat", false), ("upright", true)])
        {
            using (markup.Open("div", ("class", style)))
                NetworkDrawing.Draw(merge, markup, isUpright);
            markup.Line();
        }
    }

    /// <summary>Writes what the merge's report says.</summary>
    /// <param name="report">The report.</param>
    /// <param name="outputs">Names of the outputs of the zipped network, whose colours those of the members are.</param>
    /// <param name="markup">Receives the sections.</param>
    public static void WriteReport(ZipReport report, IReadOnlyList<string> outputs, MarkupWriter markup)
    {
        string[] members = [.. Enumerable.Range(0, report.MemberCosts.Count).Select(m => m < report.Members.Count ? report.Members[m] : $"{m + 1}")];
        string[] colors = [.. members.Select(member => $"task{NetworkLayout.ColorOf(member, members, outputs) % StyleSheet.TaskColors}")];
        if (report.Tasks.Count > 0 || report.Cuts.Count > 0)
            WriteTasks(report, markup);
        if (report.Spaces.Count > 0)
            WriteSpaces(report, members, colors, markup);
        if (report.Layers.Count > 0)
            WriteLayers(report.Layers, members, colors, markup);
    }

    private static void WriteTasks(ZipReport report, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "What it loses, estimated without labels");
        var table = new TableWriter(markup);
        if (report.Tasks.Count > 0)
        {
            markup.Element("p", $"On {Format.Count(report.ComparedImages)} calibration images, the zipped network is compared with its members. An image counts "
                + "for the task that the members, side by side, give it to.", ("class", "lead"));
            table.Write("Tasks", ["task", "images", "as its member", "loss"],
            [
                .. report.Tasks.Select(task => (string[])
                    [task.Name, Format.Count(task.Images), Format.Percent(task.Agreement), Format.Percent(task.Loss)]),
                .. report.Loss is { } loss ? (string[][])[["all classes", Format.Count(report.ComparedImages), "", Format.Percent(loss)]] : [],
            ]);
        }

        if (report.Cuts.Count > 0)
        {
            table.Write("Cuts that were tried; the last one was taken", ["cut", "multiply-adds", "loss"],
                report.Cuts.Select(cut => (string[])[cut.Cut, Format.Magnitude(cut.MultiplyAdds), Format.Percent(cut.Loss)]));
        }
    }

    private static void WriteSpaces(ZipReport report, string[] members, string[] colors, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "What was merged");
        markup.Element("p", "A feature space holds channels that must stay together. Of all networks’ features in it, some are kept, the others are merged "
            + "into them: within one network, or between networks. The number at the right is the share of variance that stays unexplained.", ("class", "lead"));
        Legend.Write(markup,
        [
            Legend.Color("kept", "bar shared"),
            .. members.Select((member, m) => Legend.Color($"merged within {member}", $"bar {colors[m]}")),
            Legend.Color("merged between networks", "bar between"),
        ]);
        using (markup.Open("div", ("class", "columns")))
            RowChart.DrawSpaces(report, members, colors, markup);
        using MarkupWriter.Scope details = markup.Open("details");
        markup.Element("summary", "All numbers");
        new TableWriter(markup).Write("Feature spaces",
            ["space", "features kept", .. members.Select(member => $"merged within {member}"), "between", "mean correlation", "smallest", "unexplained",
                .. members.Select(member => $"of {member}")],
            report.Spaces.Select(space => (string[])
            [
                space.Name,
                Format.Count(space.Width),
                .. members.Select((_, m) => m < space.MergesWithin.Count ? ShareOf(space, space.MergesWithin[m]) : ""),
                ShareOf(space, space.MergesAcross),
                Format.Hundredths(space.MeanCorrelation),
                Format.Hundredths(space.MinimumCorrelation),
                Format.Percent(space.Unexplained),
                .. members.Select((_, m) => m < space.UnexplainedOfMember.Count ? Format.Percent(space.UnexplainedOfMember[m]) : ""),
            ]));
    }

    /// <summary>Merges as a number, and as a share of all features of the space.</summary>
    private static string ShareOf(SpaceReport space, int merges)
    {
        double total = space.Width + space.MergesWithin.Sum() + space.MergesAcross;
        return total > 0 ? $"{merges} ({100 * merges / total:0} %)" : $"{merges}";
    }

    private static void WriteLayers(IReadOnlyList<LayerReport> layers, string[] members, string[] colors, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "What the refit repaired");
        markup.Element("p", "Error of each layer’s features as a share of their variance: with the merged weights, rescaled as well as possible, and with the "
            + "refitted ones. The first layer of a residual block may do without its old features, as long as the block gives what it gave.", ("class", "lead"));
        double most = Math.Max(0.05, layers.SelectMany(layer => (double[])[layer.ErrorBefore, layer.ErrorAfter]).Where(double.IsFinite).DefaultIfEmpty().Max());
        Legend.Write(markup,
        [
            ("before", svg => svg.Circle(9, 6, 3.5, "hollow shared")),
            ("after", svg => svg.Circle(9, 6, 4, "mark shared")),
        ]);
        using (markup.Open("div", ("class", "columns")))
        {
            foreach ((string? member, LayerReport[] own) in GroupByMember(layers, members))
            {
                if (member is null)
                    RowChart.DrawLayers(own, "Shared", "shared", most, "", markup);
                else
                    RowChart.DrawLayers(own, $"{member} alone", colors[Array.IndexOf(members, member)], most, $"{member}/", markup);
            }
        }

        using MarkupWriter.Scope details = markup.Open("details");
        markup.Element("summary", "All numbers");
        new TableWriter(markup).Write("Refitted layers", ["layer", "weights per output", "samples", "ridge", "error before", "after"],
            layers.Select(layer => (string[])
            [
                layer.Name, Format.Count(layer.Unknowns), Format.Count(layer.Samples), Format.Scientific(layer.Ridge), Format.Percent(layer.ErrorBefore),
                Format.Percent(layer.ErrorAfter),
            ]));
    }

    /// <summary>The shared layers, then each member's own.</summary>
    private static IEnumerable<(string? Member, LayerReport[] Layers)> GroupByMember(IReadOnlyList<LayerReport> layers, string[] members) =>
        layers.GroupBy(layer => members.FirstOrDefault(member => layer.Name.StartsWith($"{member}/", StringComparison.Ordinal)))
            .OrderBy(group => group.Key is null ? -1 : Array.IndexOf(members, group.Key))
            .Select(group => (group.Key, group.ToArray()));
}
