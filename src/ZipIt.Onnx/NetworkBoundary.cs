using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>
/// Where a network begins and ends in a graph that computes more than the network: in the metadata, under the key <c>zipit.network</c>, as <c>{"inputs": {value: name}, "outputs": {name: value}}</c>.
/// </summary>
/// <param name="Inputs">For each input of the file the name of the network's input.</param>
/// <param name="Outputs">For each output of the network the value in the graph, in order.</param>
internal sealed record NetworkBoundary(IReadOnlyDictionary<string, string> Inputs, IReadOnlyList<KeyValuePair<string, string>> Outputs)
{
    public const string Key = "zipit.network";

    public static NetworkBoundary Of(Network network, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs)
    {
        var names = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < inputs.Count; i++)
            names.Add(inputs[i], network.Inputs[i].Name);
        return new NetworkBoundary(names, [.. network.Heads.Select((head, i) => KeyValuePair.Create(head.Name, outputs[i]))]);
    }

    /// <summary>What the metadata say; null if they say nothing that can be read.</summary>
    public static NetworkBoundary? Find(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(Key, out string? text))
            return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            var inputs = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty input in document.RootElement.GetProperty("inputs").EnumerateObject())
                inputs[input.Name] = input.Value.GetString()!;
            KeyValuePair<string, string>[] outputs =
                [.. document.RootElement.GetProperty("outputs").EnumerateObject().Select(output => KeyValuePair.Create(output.Name, output.Value.GetString()!))];
            return outputs.Length > 0 && outputs.All(output => output.Value is not null) && inputs.Values.All(name => !string.IsNullOrEmpty(name)) ? new NetworkBoundary(inputs, outputs) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    public string ToJson()
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            WriteNames(writer, "inputs", Inputs);
            WriteNames(writer, "outputs", Outputs);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteNames(Utf8JsonWriter writer, string kind, IEnumerable<KeyValuePair<string, string>> names)
    {
        writer.WriteStartObject(kind);
        foreach ((string name, string value) in names)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    }
}
