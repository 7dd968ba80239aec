using System.Globalization;
using System.Text.Json;
using ZipIt.Tool.Commands;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Measuring;

/// <summary>Shows how well models do, side by side.</summary>
internal static class EvaluationText
{
    private const int MostClasses = 50;
    private const int MostConfusions = 5;
    private const int LargestMatrix = 40;

    /// <summary>A share as a percentage; a dash if it is not known.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? "–" : (100 * share).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Writes tables: all classes and tasks, single classes, what is taken for what.</summary>
    /// <param name="session">The run.</param>
    /// <param name="models">The models.</param>
    /// <param name="showsMatrix">Whether whole confusion matrices are written.</param>
    public static void Write(ToolSession session, IReadOnlyList<ModelEvaluation> models, bool showsMatrix)
    {
        string[] tasks = [.. models.SelectMany(model => model.Tasks.Select(task => task.Name)).Distinct()];
        session.WriteTable(1, ["model", "multiply-adds", "joint %", .. tasks.Select(task => $"{task} %"), "average %"], models.Select(model => (string[])
        [
            model.Name,
            FormatCost(model.Cost.MultiplyAdds),
            Percent(model.JointAccuracy),
            .. tasks.Select(name => Percent(model.Tasks.FirstOrDefault(task => task.Name == name)?.Accuracy ?? double.NaN)),
            tasks.Length > 1 && model.Tasks.Count == 1 ? "–" : Percent(model.AverageAccuracy),
        ]));
        string[] labels = [.. models.SelectMany(model => model.Labels).Distinct()];
        if (labels.Length <= MostClasses)
            session.WriteTable(1, ["class", .. models.Select(model => $"{model.Name} %")],
                labels.Select(label => (string[])[label, .. models.Select(model => Percent(AccuracyOf(model, label)))]));
        session.Write("");
        foreach (ModelEvaluation model in models)
        {
            (string Actual, string Named, double Count)[] most = [.. Confusions(model).Take(MostConfusions)];
            if (most.Length > 0)
                session.Write($"{model.Name} most often takes {string.Join(", ", most.Select(pair => $"{pair.Actual} for {pair.Named} ({pair.Count})"))}.");
            if (showsMatrix)
                WriteMatrix(session, model);
        }
    }

    /// <summary>Writes the same as JSON.</summary>
    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<ModelEvaluation> models)
    {
        writer.WriteStartArray();
        foreach (ModelEvaluation model in models)
        {
            writer.WriteStartObject();
            writer.WriteString("model", model.Name);
            writer.WriteNumber("multiplyAdds", model.Cost.MultiplyAdds);
            writer.WriteNumber("parameters", model.Cost.Parameters);
            writer.WriteNumber("images", model.Images);
            JsonValues.Write(writer, "joint", model.JointAccuracy);
            JsonValues.Write(writer, "average", model.AverageAccuracy);
            writer.WriteStartArray("tasks");
            foreach (TaskAccuracy task in model.Tasks)
            {
                writer.WriteStartObject();
                writer.WriteString("name", task.Name);
                writer.WriteNumber("images", task.Images);
                JsonValues.Write(writer, "accuracy", task.Accuracy);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("classes");
            foreach (string label in model.Labels)
            {
                writer.WriteStartObject();
                writer.WriteString("label", label);
                JsonValues.Write(writer, "accuracy", AccuracyOf(model, label));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("confusion");
            for (int row = 0; row < model.Confusion.Rows; row++)
            {
                writer.WriteStartArray();
                foreach (double count in model.Confusion.Row(row))
                    writer.WriteNumberValue((long)count);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Multiply-adds in a readable unit.</summary>
    public static string FormatCost(long multiplyAdds) => multiplyAdds >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{multiplyAdds / 1e9:0.00} G")
        : string.Create(CultureInfo.InvariantCulture, $"{multiplyAdds / 1e6:0.0} M");

    private static double AccuracyOf(ModelEvaluation model, string label)
    {
        int row = model.Labels.ToList().IndexOf(label);
        if (row < 0)
            return double.NaN;
        ReadOnlySpan<double> counts = model.Confusion.Row(row);
        double sum = 0;
        foreach (double count in counts)
            sum += count;
        return sum == 0 ? double.NaN : counts[row] / sum;
    }

    private static IEnumerable<(string Actual, string Named, double Count)> Confusions(ModelEvaluation model) =>
        Enumerable.Range(0, model.Labels.Count)
            .SelectMany(row => Enumerable.Range(0, model.Labels.Count).Where(column => column != row && model.Confusion[row, column] > 0)
                .Select(column => (model.Labels[row], model.Labels[column], model.Confusion[row, column])))
            .OrderByDescending(entry => entry.Item3);

    private static void WriteMatrix(ToolSession session, ModelEvaluation model)
    {
        if (model.Labels.Count > LargestMatrix)
        {
            session.Say($"The confusion matrix of {model.Name} has {model.Labels.Count} rows; --json writes it.");
            return;
        }

        session.Write($"{model.Name}: true classes in rows, named ones in columns");
        session.WriteTable(1, ["", .. model.Labels],
            model.Labels.Select((label, row) =>
                (string[])[label, .. model.Confusion.Row(row).ToArray().Select(count => count.ToString("0", CultureInfo.InvariantCulture))]));
    }
}
