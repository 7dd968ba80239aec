using System.Text.Json;

namespace ZipIt.Tool.Commands;

/// <summary>Writes what JSON has no word for: lists at once, and numbers that may be missing.</summary>
internal static class JsonValues
{
    /// <summary>Writes whole numbers.</summary>
    public static void Write(Utf8JsonWriter writer, string name, IEnumerable<int> values)
    {
        writer.WriteStartArray(name);
        foreach (int value in values)
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    /// <summary>Writes texts.</summary>
    public static void Write(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    /// <summary>Writes a number, or null if it is missing or no number.</summary>
    public static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            writer.WriteNumber(name, number);
        else
            writer.WriteNull(name);
    }
}
