using System.Reflection;

namespace ZipIt.Tool.Commands;

/// <summary>The version of the program.</summary>
internal static class ToolVersion
{
    /// <summary>The version of the package.</summary>
    public static string Text { get; } =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
