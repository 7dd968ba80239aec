using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Writes a model file. Nothing is complete before <see cref="Commit"/>.</summary>
[BestFriend]
internal sealed class RepositoryWriter : Repository
{
    private const string WrittenBy = "5.0.0";

    // Zip's earliest date: the same model gives the same bytes whenever it is saved.
    private static readonly DateTimeOffset Timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly HashSet<string> _paths = [];
    private ZipArchive _archive;

    private RepositoryWriter(Stream stream, IExceptionContext ectx)
        : base(needDir: false, ectx)
    {
        _archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        using Entry version = CreateEntry("TrainingInfo", "Version.txt");
        version.Stream.Write(Encoding.UTF8.GetBytes(WrittenBy + "\n"));
    }

    /// <summary>Starts a model file on <paramref name="stream"/>, which stays open.</summary>
    public static RepositoryWriter CreateNew(Stream stream, IExceptionContext ectx = null, bool useFileSystem = true)
    {
        ectx.CheckValue(stream, nameof(stream));
        ectx.CheckParam(stream.CanWrite, nameof(stream), "The stream of a model file must be writable.");
        return new RepositoryWriter(stream, ectx);
    }

    /// <summary>Opens a new entry.</summary>
    public Entry CreateEntry(string name) => CreateEntry(null, name);

    /// <summary>Opens a new entry in a folder.</summary>
    public Entry CreateEntry(string dir, string name)
    {
        ExceptionContext.Check(_archive != null, "The model file is already complete.");
        ExceptionContext.CheckNonEmpty(name, nameof(name));
        string path = EntryPath.Combine(dir, name);
        ExceptionContext.Check(_paths.Add(path), $"The model file already has an entry '{path}'.");
        return new Entry(this, path, new MemoryStream());
    }

    /// <summary>Completes the model file.</summary>
    public void Commit()
    {
        ExceptionContext.Check(_archive != null, "The model file is already complete.");
        _archive.Dispose();
        _archive = null;
    }

    /// <inheritdoc/>
    protected override void OnDispose(Entry ent)
    {
        if (_archive == null)
            return;
        var content = (MemoryStream)ent.Stream;
        ZipArchiveEntry stored = _archive.CreateEntry(ent.Path);
        stored.LastWriteTime = Timestamp;
        using Stream target = stored.Open();
        target.Write(content.GetBuffer(), 0, (int)content.Length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Without a commit the archive keeps no central directory, so nobody takes it for a complete model.
        _archive = null;
        base.Dispose(disposing);
    }
}
