namespace Quickstart;

/// <summary>An image file, and what it shows.</summary>
public sealed class ImageFile
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";

    /// <summary>The images of a folder with one folder per class.</summary>
    internal static ImageFile[] FindAll(string folder) =>
    [
        .. from label in Directory.GetDirectories(folder).Order(StringComparer.Ordinal)
           from path in Directory.GetFiles(label).Order(StringComparer.Ordinal)
           select new ImageFile { ImagePath = path, Label = Path.GetFileName(label) },
    ];
}
