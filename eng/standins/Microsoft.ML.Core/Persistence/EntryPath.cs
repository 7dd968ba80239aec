namespace Microsoft.ML;

/// <summary>Paths within a model file; they use slashes, whatever the machine that wrote them.</summary>
internal static class EntryPath
{
    public static string Combine(string directory, string name) => string.IsNullOrEmpty(directory) ? name : $"{Normalize(directory)}/{name}";

    public static string Normalize(string path) => path.Replace('\\', '/');
}
