namespace ZipIt.Tool.Commands;

/// <summary>Looks at where files are written before the work that makes them.</summary>
internal static class OutputFile
{
    /// <summary>Makes sure that a file can be written, as far as that can be told.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="extensions">Extensions that it may have.</param>
    /// <exception cref="UsageException">It has another one.</exception>
    /// <exception cref="OutputException">Its folder is not there, or it is a folder itself.</exception>
    public static void Check(string path, params ReadOnlySpan<string> extensions)
    {
        if (!extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
            throw new UsageException($"'{path}' cannot be written: expected a name that ends in {string.Join(" or ", extensions.ToArray())}.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (!Directory.Exists(folder))
            throw new OutputException($"'{path}' cannot be written: there is no folder '{folder}'.");
        if (Directory.Exists(path))
            throw new OutputException($"'{path}' cannot be written: it is a folder.");
    }
}
