using System.Globalization;
using System.Text;
using Spectre.Console;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.Results;

/// <summary>What an experiment gave: Markdown and plots to publish, a table of numbers for each section, and a page to look at.</summary>
/// <param name="Name">Name of the experiment; begins the names of its files.</param>
/// <param name="Title">Its title.</param>
/// <param name="Command">The command line that does it again.</param>
/// <param name="Sections">Its tables.</param>
internal sealed record ResultDocument(string Name, string Title, string Command, IReadOnlyList<ResultSection> Sections)
{
    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What it was done with, and what is scaled down.</summary>
    public IReadOnlyList<ReportFact> Facts { get; init; } = [];

    /// <summary>Writes <c>NAME.md</c>, <c>NAME.html</c>, and <c>NAME-1.csv</c>, <c>NAME-1-1.svg</c> and so on for sections and plots, and pictures.</summary>
    /// <param name="folder">Folder; made if it is not there.</param>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        for (int s = 0; s < Sections.Count; s++)
        {
            ResultSection section = Sections[s];
            Save($"{Name}-{s + 1}.csv", ToCsv(section.Table));
            if (section.Picture is { } picture)
                File.WriteAllBytes(Path.Combine(folder, picture.FileName), picture.Png);
            for (int p = 0; p < section.Plots.Count; p++)
            {
                var text = new StringWriter();
                LinePlot.Write(section.Plots[p], new MarkupWriter(text), isFile: true);
                Save(PlotName(s, p), text.ToString());
            }
        }

        Save($"{Name}.md", ToMarkdown());
        ReportWriter.Write(
            new ReportDocument(Title) { Command = Command, Inputs = Facts, Times = [new ReportTime("all", Duration)], Sections = Sections },
            Path.Combine(folder, $"{Name}.html"));
        AnsiConsole.MarkupLineInterpolated($"wrote {Path.Combine(folder, Name)}.md, .html, .csv");

        void Save(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
    }

    private string ToMarkdown()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"## {Title}\n\n    {Command}\n\n");
        foreach (ReportFact fact in Facts)
            text.Append(CultureInfo.InvariantCulture, $"- {fact.Name}: {fact.Value}\n");
        text.Append(CultureInfo.InvariantCulture, $"- time: {Format.Duration(Duration).Replace('\u00A0', ' ')}\n\n");
        for (int s = 0; s < Sections.Count; s++)
        {
            ResultSection section = Sections[s];
            if (Sections.Count > 1)
                text.Append(CultureInfo.InvariantCulture, $"### {section.Title}\n\n");
            foreach (string paragraph in section.Text)
                text.Append(paragraph).Append("\n\n");
            AppendRow(section.Table.Columns);
            AppendRow([.. section.Table.Columns.Select((_, column) => column < section.Table.Texts ? "---" : "---:")]);
            foreach (IReadOnlyList<string> row in section.Table.Rows)
                AppendRow(row);
            text.Append('\n');
            if (section.Picture is { } picture)
                text.Append(CultureInfo.InvariantCulture, $"![{picture.Description}]({picture.FileName})\n\n");
            for (int p = 0; p < section.Plots.Count; p++)
                text.Append(CultureInfo.InvariantCulture, $"![{section.Plots[p].Title}]({PlotName(s, p)})\n\n");
        }

        return text.ToString();

        void AppendRow(IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    private string PlotName(int section, int plot) => $"{Name}-{section + 1}-{plot + 1}.svg";

    private static string ToCsv(ResultTable table)
    {
        var text = new StringBuilder();
        foreach (IReadOnlyList<string> row in (IEnumerable<IReadOnlyList<string>>)[table.Columns, .. table.Rows])
            text.AppendJoin(',', row.Select(Quote)).Append('\n');
        return text.ToString();

        static string Quote(string cell) => cell.IndexOfAny([',', '"', '\n']) < 0 ? cell : $"\"{cell.Replace("\"", "\"\"")}\"";
    }
}
