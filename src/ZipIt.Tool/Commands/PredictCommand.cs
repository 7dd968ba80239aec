using System.CommandLine;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Tool.Inputs;
using ZipIt.Tool.Measuring;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit predict</c>: what a model says of images.</summary>
internal static class PredictCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var models = new ModelOptions(ArgumentArity.ExactlyOne, "A checkpoint, an ONNX file, a model zip, or a folder with a models.json that names one model.");
        var files = new Argument<string[]>("image") { Description = "Image files, or folders of them.", Arity = ArgumentArity.OneOrMore };
        var top = new Option<int>("--top")
        {
            Description = "Number of classes that are named, the most probable first.",
            DefaultValueFactory = _ => 1,
            HelpName = "number",
        };
        var command = new Command("predict", "Classifies images.") { top };
        models.AddTo(command);
        command.Arguments.Add(files);
        return common.Bind(command, arguments =>
        {
            int count = arguments.GetValue(top);
            if (count < 1)
                throw new UsageException($"--top takes a number of at least 1, found {count}.");
            MLContext context = session.CreateContext();
            IReadOnlyList<ClassifierEntry> entries = models.Read(arguments);
            if (entries.Count != 1)
                throw new UsageException($"predict takes one model, found {entries.Count} in '{arguments.GetValue(models.Models)![0]}'.");
            ScoredNetwork model = ScoredNetwork.Of(ModelFile.Load(entries[0], context));
            ImageSet images = ImageSet.Gather(arguments.GetRequiredValue(files));
            Verdict[] verdicts = [.. new ImageTrial(session, images, context).Ask(model)];
            if (session.IsJson)
                WriteJson(session, model, images, verdicts, count);
            else
                WriteText(session, model, images, verdicts, count);
        });
    }

    private static void WriteText(ToolSession session, ScoredNetwork model, ImageSet images, Verdict[] verdicts, int count) => session.WriteTable(
        2, ["image", "class", "%", .. model.Tasks.Count < 2 ? [] : model.Tasks.SelectMany(task => (string[])[$"among {task.Name}", "%"])],
        verdicts.Select((verdict, i) => (string[])
        [
            images.NameOf(i),
            string.Join(", ", verdict.Best(count)
                .Select(label => count == 1 ? model.Labels[label] : $"{model.Labels[label]} {EvaluationText.Percent(verdict.Joint[label])}")),
            EvaluationText.Percent(verdict.Joint[verdict.Best(1)[0]]),
            .. model.Tasks.Count < 2 ? [] : BestOfTasks(model, verdict).SelectMany(best => (string[])[best.Label, EvaluationText.Percent(best.Probability)]),
        ]));

    private static void WriteJson(ToolSession session, ScoredNetwork model, ImageSet images, Verdict[] verdicts, int count) => session.WriteJson(writer =>
    {
        writer.WriteStartArray();
        for (int i = 0; i < verdicts.Length; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("image", images.NameOf(i));
            writer.WriteStartArray("classes");
            foreach (int label in verdicts[i].Best(count))
            {
                writer.WriteStartObject();
                writer.WriteString("label", model.Labels[label]);
                JsonValues.Write(writer, "probability", verdicts[i].Joint[label]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("tasks");
            foreach ((string task, string label, float probability) in BestOfTasks(model, verdicts[i]))
            {
                writer.WriteStartObject();
                writer.WriteString("task", task);
                writer.WriteString("label", label);
                JsonValues.Write(writer, "probability", probability);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static IEnumerable<(string Task, string Label, float Probability)> BestOfTasks(ScoredNetwork model, Verdict verdict)
    {
        int first = 0;
        foreach (ClassificationTask task in model.Tasks)
        {
            ReadOnlyMemory<float> own = verdict.PerTask.AsMemory(first, task.Labels.Count);
            int best = IndexOfLargest(own.Span);
            yield return (task.Name, task.Labels[best], own.Span[best]);
            first += task.Labels.Count;
        }
    }

    private static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
            best = values[i] > values[best] ? i : best;
        return best;
    }
}
