using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>
/// Tasks and labels in the metadata of an ONNX file, or of a file of weights, under the key <c>zipit.tasks</c>: a JSON array of <c>{"output": name, "head": name, "labels": [...]}</c>, where the
/// head may be left out.
/// </summary>
internal static class OnnxTasks
{
    public const string Key = "zipit.tasks";

    public static string Write(IReadOnlyList<OnnxTask> tasks)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartArray();
            foreach (OnnxTask task in tasks)
            {
                writer.WriteStartObject();
                writer.WriteString("output", task.Output);
                if (task.Head is not null)
                    writer.WriteString("head", task.Head);
                writer.WriteStartArray("labels");
                foreach (string label in task.Labels)
                    writer.WriteStringValue(label);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The tasks of outputs that the network has; none if the text is missing or something else, since it is not needed to run the network.</summary>
    public static IReadOnlyList<OnnxTask> Read(IReadOnlyDictionary<string, string> metadata, Network network)
    {
        if (!metadata.TryGetValue(Key, out string? text))
            return [];
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            var tasks = new List<OnnxTask>();
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                string output = element.GetProperty("output").GetString() ?? "";
                string[] labels = [.. element.GetProperty("labels").EnumerateArray().Select(label => label.GetString() ?? "")];
                string? head = element.TryGetProperty("head", out JsonElement named) ? named.GetString() : null;
                if (network.Heads.Any(found => found.Name == (head ?? output)))
                    tasks.Add(new OnnxTask(output, labels) { Head = head });
            }

            return tasks;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return [];
        }
    }
}
