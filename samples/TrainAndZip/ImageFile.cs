namespace TrainAndZip;

/// <summary>An image file and the name of its class.</summary>
internal sealed class ImageFile
{
    public string ImagePath { get; set; } = "";

    public string Class { get; set; } = "";

    /// <summary>Finds the images of some classes in a folder that has one folder for each.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="most">Largest number of images of a class.</param>
    public static ImageFile[] List(string folder, IEnumerable<string> classes, int most) =>
        [.. classes.SelectMany(name => Directory.GetFiles(Path.Combine(folder, name))
            .Order(StringComparer.Ordinal)
            .Take(most)
            .Select(path => new ImageFile { ImagePath = path, Class = name }))];
}
