using ZipIt.TestFramework;

namespace ZipIt.Tool.Tests;

/// <summary>The checkpoints and images of the quickstart.</summary>
internal static class SampleData
{
    private static readonly string Data = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data");

    /// <summary>Folder of the two checkpoints, with a models.json.</summary>
    public static string Models { get; } = Path.Combine(Data, "models");

    /// <summary>Folder of the images, with the folders test and calibration.</summary>
    public static string Images { get; } = Path.Combine(Data, "images");

    /// <summary>Labels of task A.</summary>
    public const string LabelsA = "airplane,bird,deer,frog,ship";

    /// <summary>Labels of task B.</summary>
    public const string LabelsB = "automobile,cat,dog,horse,truck";

    /// <summary>One test image of a class.</summary>
    public static string Image(string label, int number = 1) => Path.Combine(Images, "test", label, $"{number:d4}.png");

    /// <summary>Copies the first images of each class into a folder, with one folder per class.</summary>
    public static string CopyImages(string folder, string part, int perClass)
    {
        string target = Path.Combine(folder, part);
        foreach (string label in Directory.GetDirectories(Path.Combine(Images, part)))
        {
            string own = Directory.CreateDirectory(Path.Combine(target, Path.GetFileName(label))).FullName;
            foreach (string file in Directory.GetFiles(label).Order(StringComparer.Ordinal).Take(perClass))
                File.Copy(file, Path.Combine(own, Path.GetFileName(file)));
        }

        return target;
    }
}
