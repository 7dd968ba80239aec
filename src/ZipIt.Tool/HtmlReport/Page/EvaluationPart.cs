namespace ZipIt.Tool.HtmlReport;

/// <summary>How well models do, side by side.</summary>
internal static class EvaluationPart
{
    private const int ShownMistakes = 6;
    private const int MostClasses = 1000;

    /// <summary>Writes accuracies and confusion matrices.</summary>
    public static void Write(EvaluationSection evaluation, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "Accuracy");
        string images = evaluation.Images.Length > 0 ? $"Measured on {evaluation.Images}. " : "";
        markup.Element("p", $"{images}Joint: the right one among all classes. A task: the right one among its own.", ("class", "lead"));
        WriteAccuracies(evaluation.Models, markup);
        WriteClasses(evaluation.Models, markup);
        ModelEvaluation[] drawn =
        [
            .. evaluation.Models.Where(model => model.Labels.Count is > 1 and <= ConfusionPlot.MostClasses).OrderByDescending(model => model.Labels.Count),
        ];
        if (drawn.Length > 0)
        {
            markup.Element("h3", "Who is taken for whom");
            Legend.Write(markup, [Legend.Color("right", "right shade6"), Legend.Color("mistaken; darker: a larger share of the true class", "wrong shade4")]);
            using (markup.Open("div", ("class", "matrices")))
            {
                foreach (ModelEvaluation model in drawn)
                    WriteMatrix(model, markup);
            }
        }
    }

    private static void WriteAccuracies(IReadOnlyList<ModelEvaluation> models, MarkupWriter markup)
    {
        string[] tasks = [.. models.SelectMany(model => model.Tasks).Select(task => task.Name).Distinct()];
        double TaskOf(ModelEvaluation model, string task) => model.Tasks.FirstOrDefault(own => own.Name == task)?.Accuracy ?? double.NaN;
        Func<ModelEvaluation, double>[] columns =
        [
            model => model.JointAccuracy,
            .. tasks.Select(task => (Func<ModelEvaluation, double>)(model => TaskOf(model, task))),
            model => model.Tasks.Count(task => task.Images > 0) == tasks.Length ? model.AverageAccuracy : double.NaN,
        ];
        double?[] best = [.. columns.Select(column => models.Select(column).Where(double.IsFinite).Distinct().ToArray() is { Length: > 1 } different
            ? different.Max() : (double?)null)];
        new TableWriter(markup).Write("Accuracy in %", ["model", "joint", .. tasks, "mean of tasks", "multiply-adds", "parameters"],
            models.Select(model => (string[])
            [
                model.Name, .. columns.Select(column => Format.PercentNumber(column(model))), Format.Magnitude(model.Cost.MultiplyAdds),
                Format.Magnitude(model.Cost.Parameters),
            ]),
            isBest: (row, column) => column <= columns.Length && columns[column - 1](models[row]) == best[column - 1]);
    }

    private static void WriteClasses(IReadOnlyList<ModelEvaluation> models, MarkupWriter markup)
    {
        string[] labels = [.. models.SelectMany(model => model.Labels).Distinct().Take(MostClasses)];
        var shares = models.Select(model => model.Labels.Select((label, c) => (label, c)).ToDictionary(
            entry => entry.label,
            entry => model.Confusion[entry.c, entry.c] / model.Confusion.Row(entry.c).ToArray().Sum())).ToArray();
        using MarkupWriter.Scope details = markup.Open("details");
        markup.Element("summary", "Each class");
        new TableWriter(markup).Write("Share of each class’s images that are named rightly among the classes that the model knows, in %",
            ["class", .. models.Select(model => model.Name)],
            labels.Select(label => (string[])[label, .. shares.Select(own => Format.PercentNumber(own.GetValueOrDefault(label, double.NaN)))]));
    }

    private static void WriteMatrix(ModelEvaluation model, MarkupWriter markup)
    {
        using MarkupWriter.Scope part = markup.Open("div");
        markup.Element("h3", model.Name);
        ConfusionPlot.Draw(model, markup);
        markup.Line();
        IReadOnlyList<(string True, string Named, long Images, double Share)> mistakes = ConfusionPlot.FindMistakes(model, ShownMistakes);
        if (mistakes.Count == 0)
            return;
        using MarkupWriter.Scope details = markup.Open("details");
        markup.Element("summary", "Most frequent mistakes");
        new TableWriter(markup).Write($"Most frequent mistakes of {model.Name}", ["true class", "named", "images", "of the class"],
            mistakes.Select(mistake => (string[])[mistake.True, mistake.Named, Format.Count(mistake.Images), Format.Percent(mistake.Share)]), texts: 2);
    }
}
