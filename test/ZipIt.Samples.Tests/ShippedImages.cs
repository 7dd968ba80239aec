using ZipIt.TestFramework;

namespace ZipIt.Samples.Tests;

/// <summary>The test images of the Quickstart.</summary>
internal static class ShippedImages
{
    /// <summary>Folder of the images, with one folder per class.</summary>
    public static string Folder { get; } = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data", "images", "test");

    /// <summary>The first images of each class.</summary>
    /// <param name="perClass">Number of images of each class.</param>
    public static (string Label, byte[] File)[] Load(int perClass) =>
    [
        .. from label in Directory.GetDirectories(Folder).Order(StringComparer.Ordinal)
           from file in Directory.GetFiles(label).Order(StringComparer.Ordinal).Take(perClass)
           select (Path.GetFileName(label), File.ReadAllBytes(file)),
    ];
}
