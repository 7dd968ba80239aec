using System.IO.Compression;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Reads a model file. Entries are checked against their stored size and checksum before anyone sees them.</summary>
[BestFriend]
internal sealed class RepositoryReader : Repository
{
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    private RepositoryReader(Stream stream, IExceptionContext ectx)
        : base(needDir: false, ectx)
    {
        try
        {
            // An archive that is only read and leaves its stream open has nothing to dispose.
            var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            foreach (ZipArchiveEntry entry in archive.Entries)
                _entries.TryAdd(EntryPath.Normalize(entry.FullName), entry);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw ectx.ExceptDecode(e, $"The model file is not a complete zip archive: {e.Message}");
        }
    }

    /// <summary>Opens the model file on <paramref name="stream"/>, which stays open.</summary>
    public static RepositoryReader Open(Stream stream, IExceptionContext ectx = null, bool useFileSystem = true)
    {
        ectx.CheckValue(stream, nameof(stream));
        return new RepositoryReader(stream, ectx);
    }

    /// <summary>Opens an entry that must be there.</summary>
    public Entry OpenEntry(string name) => OpenEntry(null, name);

    /// <summary>Opens an entry of a folder that must be there.</summary>
    public Entry OpenEntry(string dir, string name) =>
        OpenEntryOrNull(dir, name) ?? throw ExceptionContext.ExceptDecode($"The model file has no entry '{EntryPath.Combine(dir, name)}'.");

    /// <summary>Opens an entry, or returns null if there is none.</summary>
    public Entry OpenEntryOrNull(string name) => OpenEntryOrNull(null, name);

    /// <summary>Opens an entry of a folder, or returns null if there is none.</summary>
    public Entry OpenEntryOrNull(string dir, string name)
    {
        ExceptionContext.Check(!Disposed, "The model file is closed.");
        string path = EntryPath.Combine(dir, name);
        return _entries.TryGetValue(path, out ZipArchiveEntry entry) ? new Entry(this, path, Read(entry, path)) : null;
    }

    /// <inheritdoc/>
    protected override void OnDispose(Entry ent) => ent.Stream.Dispose();

    private MemoryStream Read(ZipArchiveEntry entry, string path)
    {
        try
        {
            long length = entry.Length;
            if (length > Array.MaxLength)
                throw new InvalidDataException($"it claims {length} bytes, more than an entry can have");

            // The claimed size is not believed: the buffer grows with what really arrives.
            var content = new byte[Math.Min(length, 1 << 16)];
            int count = 0;
            using Stream stream = entry.Open();
            while (true)
            {
                if (count == content.Length)
                {
                    if (count == length)
                        break;
                    Array.Resize(ref content, (int)Math.Min(length, 2L * count));
                }
                int read = stream.Read(content, count, content.Length - count);
                if (read == 0)
                    throw new InvalidDataException($"it ends after {count} of {length} bytes");
                count += read;
            }
            if (stream.ReadByte() >= 0)
                throw new InvalidDataException($"it is longer than the {length} bytes that it claims");
            uint checksum = Crc32.Compute(content);
            if (checksum != entry.Crc32)
                throw new InvalidDataException($"its checksum is {checksum:X8} and should be {entry.Crc32:X8}");
            return new MemoryStream(content, writable: false);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw ExceptionContext.ExceptDecode(e, $"The entry '{path}' of the model file is damaged: {e.Message}");
        }
    }

    // What the zip and inflate readers throw on bytes that make no sense.
    private static bool IsDamage(Exception e) =>
        e is InvalidDataException or EndOfStreamException or IOException or ArgumentException or NotSupportedException or OverflowException;
}
