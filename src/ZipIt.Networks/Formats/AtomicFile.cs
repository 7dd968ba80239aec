namespace ZipIt.Networks;

/// <summary>
/// Writes files whole or not at all: into a new file beside the old one, which takes its place at the end. What a process that was killed left behind is
/// removed by the next that writes the same file.
/// </summary>
internal static class AtomicFile
{
    /// <summary>A file that nobody has written to for so long, and that nobody has open, belongs to a process that is gone.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        RemoveLeftovers(full);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void RemoveLeftovers(string full)
    {
        string name = Path.GetFileName(full);
        var folder = new DirectoryInfo(Path.GetDirectoryName(full)!);
        if (!folder.Exists)
            return;
        foreach (FileInfo file in folder.EnumerateFiles("*.tmp"))
        {
            bool isOurs = file.Name.StartsWith($"{name}.", StringComparison.Ordinal)
                && Guid.TryParseExact(file.Name[(name.Length + 1)..^".tmp".Length], "N", out _);
            if (!isOurs || DateTime.UtcNow - file.LastWriteTimeUtc < LongestPause)
                continue;
            try
            {
                new FileStream(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody has it open, or it may not be removed: it stays, and the new file is written all the same.
            }
        }
    }
}
