namespace ZipIt.Merging;

/// <summary>A file that no other user can read, and that is gone when it is closed or the process ends. Several threads may read and write.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private const string LargeFiles = "/var/tmp"; // the usual folder may be kept in memory there (file-hierarchy(7))

    private readonly FileStream _stream;

    private TemporaryFile(FileStream stream) => _stream = stream;

    /// <summary>Makes a file.</summary>
    /// <param name="length">Its length in bytes. The disk must have room for twice as much.</param>
    /// <param name="folder">Where; null for where the system keeps temporary files.</param>
    /// <returns>Null if there is no room, or no right to write.</returns>
    public static TemporaryFile? TryCreate(long length, string? folder = null)
    {
        try
        {
            folder = Path.GetFullPath(folder ?? FindFolder());
            if (new DriveInfo(folder).AvailableFreeSpace / 2 < length)
                return null;
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Delete,
                Options = FileOptions.DeleteOnClose,
                PreallocationSize = length,
                BufferSize = 0,
            };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            string path = Path.Combine(folder, $"zipit-{Guid.NewGuid():N}.tmp");
            var stream = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
                File.Delete(path); // what is open stays, and is gone even if the process is killed
            return new TemporaryFile(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Writes at a place.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_stream.SafeFileHandle, bytes, offset);

    /// <summary>Reads what was written at a place.</summary>
    /// <exception cref="IOException">There is less than asked for, or it cannot be read.</exception>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(_stream.SafeFileHandle, bytes, offset);
            if (read == 0)
                throw new EndOfStreamException("A temporary file has lost its end.");
            offset += read;
            bytes = bytes[read..];
        }
    }

    /// <summary>Deletes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static string FindFolder() =>
        OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("TMPDIR") is null or "" && Directory.Exists(LargeFiles)
            ? LargeFiles
            : Path.GetTempPath();
}
