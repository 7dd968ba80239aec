using System.IO.Compression;
using System.Runtime.ExceptionServices;
using Microsoft.ML;
using ZipIt.MLNet.Friend;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>ML.NET's model files, written whole or not at all, and looked at before ML.NET reads them.</summary>
internal static class ModelArchive
{
    private const string SchemaEntry = "Schema";

    /// <summary>Largest schema in bytes; the labels of all classes may stand in it.</summary>
    private const int MostSchemaBytes = 16 << 20;

    public static void Save(ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string path) =>
        AtomicFile.Write(path, stream => Save(catalog, model, inputSchema, stream));

    /// <summary>Writes a model to a stream. ML.NET ignores failures at the end of the archive; they are thrown here.</summary>
    public static void Save(ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, Stream stream)
    {
        var target = new FailureKeepingStream(stream);
        catalog.Save(model, inputSchema, target);
        target.Flush();
        target.ThrowIfFailed();
    }

    public static ITransformer Load(ModelOperationsCatalog catalog, string path, out DataViewSchema? inputSchema)
    {
        FriendMembers.Check();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        ZipDirectory.CheckLength(stream, path);
        try
        {
            CheckSchema(stream);
            stream.Position = 0;
            ITransformer model = catalog.Load(stream, out DataViewSchema? schema);
            inputSchema = schema;
            return model;
        }
        catch (Exception failure)
        {
            for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            {
                if (FileDamage.IsTrouble(cause))
                    ExceptionDispatchInfo.Throw(cause);
            }

            throw new InvalidDataException($"'{path}' cannot be loaded. {failure.GetBaseException().Message}", failure);
        }
    }

    /// <summary>
    /// ML.NET reads the schema first, and takes what it says of lengths and places on trust. Here it is read from memory that ends the reading where there is
    /// no more.
    /// </summary>
    private static void CheckSchema(Stream stream)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        if (archive.GetEntry(SchemaEntry) is not { } entry)
            return;
        var bytes = new MemoryStream();
        using (Stream content = entry.Open())
        {
            var buffer = new byte[1 << 16];
            for (int count; (count = content.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > MostSchemaBytes)
                    throw new InvalidDataException($"Its schema takes more than {MostSchemaBytes} bytes.");
            }
        }

        new MLContext().Data.LoadFromBinary(new SchemaSource(bytes.ToArray()));
    }
}
