using System.Text;
using System.Text.Json;
using ZipIt.Merging;

namespace ZipIt.MLNet;

/// <summary>Tasks as text beside weights: a JSON array of <c>{"output": name, "labels": [...]}</c>, as in ONNX files.</summary>
internal static class TaskMetadata
{
    public const string Key = "zipit.tasks";

    public static string Write(IReadOnlyList<ClassificationTask> tasks)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartArray();
            foreach (ClassificationTask task in tasks)
            {
                writer.WriteStartObject();
                writer.WriteString("output", task.Name);
                writer.WriteStartArray("labels");
                foreach (string label in task.Labels)
                    writer.WriteStringValue(label);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
