using System.Text.Json.Serialization;

namespace ZipIt.Merging;

/// <summary>Writes and reads reports without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    IgnoreReadOnlyProperties = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ZipReport))]
internal sealed partial class ZipReportJson : JsonSerializerContext;
