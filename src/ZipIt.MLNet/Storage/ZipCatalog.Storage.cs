using ZipIt.MLNet;

namespace Microsoft.ML;

/// <content>Model files.</content>
public static partial class ZipCatalog
{
    /// <summary>
    /// Saves a model as <c>mlContext.Model.Save</c> does, but replaces an existing file only when the new one is complete: whatever happens on the way, a full
    /// disk or the end of the process, the old file stays as it was.
    /// </summary>
    /// <param name="catalog">The model operations of a context.</param>
    /// <param name="model">The model: any transformer, with or without a zip in it.</param>
    /// <param name="inputSchema">Schema of the data that the model takes; null to store none.</param>
    /// <param name="path">Path of the file. Its folder must allow new files.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written to.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// mlContext.Model.SaveZip(model, images.Schema, "zipped.zip");
    /// ITransformer loaded = mlContext.Model.LoadZip("zipped.zip", out DataViewSchema schema);
    /// ]]></code>
    /// </example>
    public static void SaveZip(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelArchive.Save(catalog, model, inputSchema, path);
    }

    /// <summary>
    /// Loads a model as <c>mlContext.Model.Load</c> does, but says of a damaged file that it is one, and of a machine that cannot read it what the trouble is;
    /// and refuses what would keep ML.NET from ever returning.
    /// </summary>
    /// <param name="catalog">The model operations of a context.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="inputSchema">Schema of the data that the model takes; null if none is stored.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or holds no model that this application can load; the message names it and the
    /// reason.</exception>
    /// <exception cref="IOException">The file cannot be read or unpacked, because the disk for temporary files is full for instance. It may be
    /// whole.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static ITransformer LoadZip(this ModelOperationsCatalog catalog, string path, out DataViewSchema? inputSchema)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ModelArchive.Load(catalog, path, out inputSchema);
    }
}
