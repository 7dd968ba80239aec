using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZipIt.Merging;

/// <summary>Writes stages by their names, as keys of a report's times too.</summary>
internal sealed class ZipStageJson : JsonConverter<ZipStage>
{
    public override ZipStage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw new JsonException("Expected the name of a stage.");

    public override void Write(Utf8JsonWriter writer, ZipStage value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToText());

    public override ZipStage ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, ZipStage value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToText());

    private static ZipStage Parse(string name) => ZipStageNames.Find(name) ?? throw new JsonException($"There is no stage '{name}'.");
}
