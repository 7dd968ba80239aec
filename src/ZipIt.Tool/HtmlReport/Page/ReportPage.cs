using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ZipIt.Merging;

namespace ZipIt.Tool.HtmlReport;

/// <summary>The page of a report, from its head to its foot.</summary>
internal sealed class ReportPage
{
    private const int ShownWarnings = 3;

    private readonly ReportDocument _document;
    private readonly MarkupWriter _markup;

    private ReportPage(ReportDocument document, MarkupWriter markup) => (_document, _markup) = (document, markup);

    /// <summary>Writes the page.</summary>
    public static void Write(ReportDocument document, TextWriter writer) => new ReportPage(document, new MarkupWriter(writer)).Write();

    private void Write()
    {
        _markup.Raw("<!DOCTYPE html>\n");
        using (_markup.Open("html", ("lang", "en")))
        {
            WriteHead();
            using (_markup.Open("body"))
            {
                WriteHeader();
                using (_markup.Open("main"))
                    WriteSections();
                using (_markup.Open("footer"))
                    _markup.Element("p", "Made by ZipIt.MLNet. This page needs no network, and runs no script.");
            }
        }

        _markup.Line();
    }

    /// <summary>Nothing but the style below and the images inside the page may be used: its hash says which style that is.</summary>
    private void WriteHead()
    {
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(StyleSheet.Page)));
        using (_markup.Open("head"))
        {
            _markup.Empty("meta", ("charset", "utf-8"));
            _markup.Empty("meta", ("http-equiv", "Content-Security-Policy"),
                ("content", $"default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"));
            _markup.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            _markup.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
            _markup.Empty("meta", ("name", "referrer"), ("content", "no-referrer"));
            _markup.Element("title", _document.Title);
            _markup.Empty("link", ("rel", "icon"), ("href", "data:,"));
            using (_markup.Open("style"))
                _markup.Raw(StyleSheet.Page);
        }

        _markup.Line();
    }

    private void WriteHeader()
    {
        using (_markup.Open("header"))
        {
            _markup.Element("h1", _document.Title);
            if (_document.Created is { } created)
                _markup.Element("p", created.ToString("d MMMM yyyy, HH:mm zzz", CultureInfo.InvariantCulture), ("class", "lead"));
            (string Value, string Meaning)[] tiles = [.. ListTiles()];
            if (tiles.Length == 0)
                return;
            using (_markup.Open("ul", ("class", "tiles")))
            {
                foreach ((string value, string meaning) in tiles)
                {
                    using (_markup.Open("li"))
                    {
                        _markup.Element("b", value);
                        _markup.Element("span", meaning);
                    }
                }
            }
        }

        _markup.Line();
    }

    private IEnumerable<(string Value, string Meaning)> ListTiles()
    {
        if (_document.Merge?.Report is { } report)
        {
            yield return ($"{report.MemberCosts.Count} → 1", $"networks: {string.Join(", ", report.Members)}");
            long before = report.EnsembleCost.MultiplyAdds;
            if (before > 0)
            {
                yield return ($"{100.0 * report.Cost.MultiplyAdds / before:0} %",
                    $"of the multiply-adds: {Format.Magnitude(report.Cost.MultiplyAdds)} instead of {Format.Magnitude(before)}");
            }

            if (report.Loss is { } loss)
                yield return (Format.Percent(loss), "of joint accuracy lost, as estimated without labels");
        }

        // Of models side by side, a zip knows the most tasks.
        IEnumerable<ModelEvaluation> models = _document.Evaluation?.Models ?? [];
        if (models.OrderByDescending(model => model.Tasks.Count).ThenByDescending(model => model.JointAccuracy).FirstOrDefault() is { } first)
        {
            yield return (Format.Percent(first.JointAccuracy), $"of {Format.Count(first.Images)} images named rightly among all classes ({first.Name})");
            if (first.Tasks.Count > 1)
                yield return (Format.Percent(first.AverageAccuracy), $"within the tasks, mean of {first.Tasks.Count} ({first.Name})");
        }
    }

    private void WriteSections()
    {
        if (_document.Merge?.Report is { Warnings: { Count: > 0 } warnings })
            WriteWarnings(warnings);
        if (_document.Merge is { } merge)
            MergePart.WriteNetwork(merge, _markup);
        if (_document.Curve is { } curve)
            CurvePart.Write(curve, _markup);
        foreach (IReportSection section in _document.Sections)
            section.Write(_markup);
        if (_document.Evaluation is { Models.Count: > 0 } evaluation)
            EvaluationPart.Write(evaluation, _markup);
        if (_document.Examples is { Images.Count: > 0 } examples)
            ExamplesPart.Write(examples, _markup);
        if (_document.Merge is { Report: { } report, Network: { } network })
            MergePart.WriteReport(report, [.. network.Heads.Select(head => head.Name)], _markup);
        WriteOrigin();
    }

    private void WriteWarnings(IReadOnlyList<string> warnings)
    {
        using MarkupWriter.Scope section = _markup.Open("section", ("class", "caution"));
        _markup.Element("h2", "Please look at this");
        WriteList(warnings.Take(ShownWarnings));
        if (warnings.Count <= ShownWarnings)
            return;
        using MarkupWriter.Scope details = _markup.Open("details");
        _markup.Element("summary", $"{warnings.Count - ShownWarnings} more");
        WriteList(warnings.Skip(ShownWarnings));
    }

    private void WriteList(IEnumerable<string> entries)
    {
        using MarkupWriter.Scope list = _markup.Open("ul", ("class", "warnings"));
        foreach (string entry in entries)
            _markup.Element("li", entry);
    }

    /// <summary>What it takes to get the same again.</summary>
    private void WriteOrigin()
    {
        ReportTime[] times =
        [
            .. _document.Merge?.Report?.Times.OrderBy(entry => entry.Key).Select(entry => new ReportTime($"merge: {entry.Key.ToText()}", entry.Value)) ?? [],
            .. _document.Times,
        ];
        bool hasText = _document.Command.Length + _document.Recipe.Length > 0;
        if (!hasText && times.Length + _document.Inputs.Count + _document.Versions.Count == 0)
            return;
        using MarkupWriter.Scope section = _markup.Open("section");
        _markup.Element("h2", hasText ? "How to do it again" : "How it was done");
        if (_document.Command.Length > 0)
            _markup.Element("pre", _document.Command);
        if (_document.Recipe.Length > 0)
        {
            _markup.Element("h3", "Recipe");
            _markup.Element("pre", _document.Recipe);
        }

        using MarkupWriter.Scope columns = _markup.Open("div", ("class", "columns"));
        WriteFacts("Made of", _document.Inputs);
        WriteFacts("Time", [.. times.Select(time => new ReportFact(time.Name, Format.Duration(time.Duration)))]);
        WriteFacts("Versions", _document.Versions);
    }

    private void WriteFacts(string title, IReadOnlyList<ReportFact> facts)
    {
        if (facts.Count == 0)
            return;
        using MarkupWriter.Scope part = _markup.Open("div");
        _markup.Element("h3", title);
        using MarkupWriter.Scope list = _markup.Open("dl", ("class", "facts"));
        foreach (ReportFact fact in facts)
        {
            _markup.Element("dt", fact.Name);
            _markup.Element("dd", fact.Value);
        }
    }
}
