using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Models;

/// <summary>A saved pipeline of the three image transforms, and its parts as bytes.</summary>
internal static class SavedModel
{
    public static byte[] Save(MLContext context, ITransformer model, DataViewSchema? schema)
    {
        using var stream = new MemoryStream();
        context.Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    public static ITransformer Load(byte[] file, out DataViewSchema schema) => new MLContext().Model.Load(new MemoryStream(file), out schema);

    public static ITransformer ImageChain(MLContext context, out IDataView data)
    {
        data = context.Data.LoadFromEnumerable(new List<ImageRow>());
        return context.Transforms.LoadImages("Image", "folder", "Path")
            .Append(context.Transforms.ResizeImages("Small", 32, 24, "Image", Microsoft.ML.Transforms.Image.ImageResizingEstimator.ResizingKind.Fill))
            .Append(context.Transforms.ExtractPixels("Pixels", "Small", interleavePixelColors: true, offsetImage: 2, scaleImage: 0.5f))
            .Fit(data);
    }

    public static byte[] Entry(byte[] file, string path)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        using Stream entry = archive.GetEntry(path)!.Open();
        using var content = new MemoryStream();
        entry.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>The file with one entry replaced, or dropped.</summary>
    public static byte[] With(byte[] file, string path, byte[]? content)
    {
        using var changed = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(file)))
        using (var target = new ZipArchive(changed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                byte[]? bytes = entry.FullName == path ? content : Entry(file, entry.FullName);
                if (bytes == null)
                    continue;
                using Stream stream = target.CreateEntry(entry.FullName).Open();
                stream.Write(bytes);
            }
        }
        return changed.ToArray();
    }

    internal sealed class ImageRow
    {
        public string? Path { get; set; }

        public float Weight { get; set; }

        [VectorType(2, 3)]
        public int[]? Grid { get; set; }

        [KeyType(7)]
        public uint Label { get; set; }
    }
}
