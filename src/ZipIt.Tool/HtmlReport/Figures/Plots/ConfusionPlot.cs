using System.Text;
using ZipIt.Numerics;

namespace ZipIt.Tool.HtmlReport;

/// <summary>Draws a confusion matrix: shares of each true class, right ones in one colour, mistakes in another; numbers where they can be read.</summary>
internal static class ConfusionPlot
{
    /// <summary>More classes than this are not drawn: a cell would be smaller than a pixel.</summary>
    public const int MostClasses = 300;

    private const int MostNamed = 24;
    private const double Size = 400;
    private const double LargestCell = 40;
    private const double TextSize = 11;

    /// <summary>Draws one model's.</summary>
    public static void Draw(ModelEvaluation model, MarkupWriter markup)
    {
        var svg = new Svg(markup);
        int count = model.Labels.Count;
        bool isNamed = count <= MostNamed;
        double longest = isNamed ? Math.Min(110, model.Labels.Max(label => Lettering.Measure(label, TextSize))) : 14;
        double left = longest + 12, top = isNamed ? longest * 0.75 + 26 : 26, cell = Math.Min(LargestCell, (Size - left) / count);
        double[] sums = [.. Enumerable.Range(0, count).Select(row => model.Confusion.Row(row).ToArray().Sum())];
        double width = left + cell * count + (isNamed ? 24 : 4), height = top + cell * count + 4;
        using (svg.Open(width, height, $"Confusion matrix of {model.Name}", Describe(model, sums), "confusion", scale: 1.3))
        {
            svg.Text(left + cell * count / 2, 11, "named", "faint", "middle");
            svg.Text(10, top + cell * count / 2, isNamed ? "" : "true", "faint", "middle", turn: -90);
            if (isNamed)
            {
                svg.Text(left - 8, top - 8, "true", "faint", "end");
                DrawNames(model.Labels, svg, left, top, cell, longest);
                DrawCells(model, sums, svg, left, top, cell);
            }
            else
            {
                DrawGround(model.Confusion, sums, svg, left, top, cell);
            }

            svg.Rectangle(left, top, cell * count, cell * count, "frame");
            DrawTasks(model, svg, left, top, cell, isNamed);
        }
    }

    /// <summary>Pairs of classes that are mistaken for each other, most often first.</summary>
    public static IReadOnlyList<(string True, string Named, long Images, double Share)> FindMistakes(ModelEvaluation model, int count)
    {
        Matrix confusion = model.Confusion;
        var mistakes = new List<(int Row, int Column, double Images)>();
        for (int row = 0; row < confusion.Rows; row++)
        {
            for (int column = 0; column < confusion.Columns; column++)
            {
                if (row != column && confusion[row, column] > 0)
                    mistakes.Add((row, column, confusion[row, column]));
            }
        }

        return [.. mistakes.OrderByDescending(mistake => mistake.Images).Take(count).Select(mistake =>
            (model.Labels[mistake.Row], model.Labels[mistake.Column], (long)mistake.Images, mistake.Images / confusion.Row(mistake.Row).ToArray().Sum()))];
    }

    private static string Describe(ModelEvaluation model, double[] sums)
    {
        double right = Enumerable.Range(0, sums.Length).Sum(c => model.Confusion[c, c]);
        string text = $"{right:0} of {sums.Sum():0} images of {sums.Length} classes are named rightly.";
        return FindMistakes(model, 1) is [var worst] ? $"{text} The most frequent mistake: {worst.True} named {worst.Named}, {worst.Images} times." : text;
    }

    private static void DrawNames(IReadOnlyList<string> labels, Svg svg, double left, double top, double cell, double longest)
    {
        for (int c = 0; c < labels.Count; c++)
        {
            string name = Lettering.Fit(labels[c], TextSize, longest);
            double middle = cell * (c + 0.5);
            svg.Text(left - 6, top + middle + 4, name, "note", "end", tip: labels[c]);
            svg.Text(left + middle + 2, top - 6, name, "note", turn: -48, tip: labels[c]);
        }
    }

    private static void DrawCells(ModelEvaluation model, double[] sums, Svg svg, double left, double top, double cell)
    {
        bool fits = model.Confusion.Values.ToArray().Max() < 1000 && cell >= 17;
        for (int row = 0; row < sums.Length; row++)
        {
            for (int column = 0; column < sums.Length; column++)
            {
                double images = model.Confusion[row, column];
                if (images == 0)
                    continue;
                double share = images / sums[row], x = left + cell * column, y = top + cell * row;
                int shade = row == column ? StyleSheet.ShadeOf(share) : StyleSheet.MistakeShadeOf(share);
                string what = row == column ? $"{model.Labels[row]}: {images:0} right" : $"{model.Labels[row]} named {model.Labels[column]}: {images:0}";
                string style = $"{(row == column ? "right" : "wrong")} shade{shade}";
                svg.Rectangle(x + 0.5, y + 0.5, cell - 1, cell - 1, style, 2, $"{what} ({Format.Percent(share)})");
                string text = fits ? $"{images:0}" : $"{100 * share:0}";
                if (cell >= 13 && text != "0")
                    svg.Text(x + cell / 2, y + cell / 2 + 4, text, $"count{(shade >= 5 ? " onshade" : "")}");
            }
        }
    }

    /// <summary>One path for each shade: ten thousand cells are no more than that.</summary>
    private static void DrawGround(Matrix confusion, double[] sums, Svg svg, double left, double top, double cell)
    {
        var paths = new Dictionary<string, StringBuilder>();
        for (int row = 0; row < sums.Length; row++)
        {
            for (int column = 0; column < sums.Length; column++)
            {
                double images = confusion[row, column];
                if (images == 0)
                    continue;
                double share = images / sums[row];
                string style = row == column ? $"right shade{StyleSheet.ShadeOf(share)}" : $"wrong shade{StyleSheet.MistakeShadeOf(share)}";
                if (!paths.TryGetValue(style, out StringBuilder? path))
                    paths.Add(style, path = new StringBuilder());
                string side = Svg.Number(cell);
                path.Append($"M{Svg.At(left + cell * column, top + cell * row)}h{side}v{side}h-{side}z");
            }
        }

        foreach ((string style, StringBuilder path) in paths.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            svg.Path(path.ToString(), style);
    }

    /// <summary>Lines between the tasks, where their classes stand together, and their names, where those of the classes find no room.</summary>
    private static void DrawTasks(ModelEvaluation model, Svg svg, double left, double top, double cell, bool isNamed)
    {
        int count = model.Labels.Count, start = 0;
        foreach (TaskAccuracy task in model.Tasks)
        {
            int end = start + task.Labels.Count;
            if (end > count || !task.Labels.SequenceEqual(model.Labels.Skip(start).Take(task.Labels.Count)))
                return;
            if (!isNamed)
                svg.Text(left + cell * (start + end) / 2, top - 4, Lettering.Fit(task.Name, TextSize, cell * (end - start)), "note", "middle", tip: task.Name);
            if (end < count)
            {
                svg.Line(left + cell * end, top, left + cell * end, top + cell * count, "border");
                svg.Line(left, top + cell * end, left + cell * count, top + cell * end, "border");
            }

            start = end;
        }
    }
}
