namespace Reproduction.Data;

/// <summary>
/// Images in ImageNet's ordinary layout: a folder for each class in <c>train</c> and in <c>val</c>. All images of <c>val</c> may also lie in that folder
/// itself; then a list in it or beside it says what they show.
/// </summary>
/// <remarks>
/// The list is <c>LOC_val_solution.csv</c> (a name and, behind a comma, its class and boxes), <c>val.txt</c> or <c>val_annotations.txt</c> (a name and its
/// class, white space between them). A class is named as its folder, or by its number among the sorted ones; names may lack their extension.
/// </remarks>
internal static class ImageFolder
{
    private const string DefaultExtension = ".JPEG";

    private static readonly string[] Extensions = [".jpeg", ".jpg", ".png", ".bmp", ".webp"];
    private static readonly string[] ListNames = ["LOC_val_solution.csv", "val.txt", "val_annotations.txt"];

    /// <summary>Lists the images. None is decoded.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="crop">How they become images of one size.</param>
    /// <exception cref="IOException">A folder or an image is missing.</exception>
    /// <exception cref="InvalidDataException">A folder or list is not as expected; the message names it.</exception>
    public static DataSet Load(string folder, string name, CentreCrop crop)
    {
        string train = Path.Combine(folder, "train"), val = Path.Combine(folder, "val");
        foreach (string part in (string[])[train, val])
        {
            if (!Directory.Exists(part))
                throw new DirectoryNotFoundException($"There is no folder '{part}'; expected the folders train and val, as in ImageNet.");
        }

        string[] labels = ListClasses(train);
        if (labels.Length == 0)
            throw new InvalidDataException($"'{train}' has no folders, one for each class.");
        FileList training = ReadClasses(train, labels);
        FileList test = ListClasses(val).Any(label => labels.Contains(label)) ? ReadClasses(val, labels) : ReadList(folder, val, labels);
        return new DataSet(name, training.ToImages(labels, crop), test.ToImages(labels, crop));
    }

    private static string[] ListClasses(string folder) =>
        [.. Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static FileList ReadClasses(string folder, string[] labels)
    {
        if (ListClasses(folder).Except(labels).FirstOrDefault() is { } unknown)
            throw new InvalidDataException($"'{Path.Combine(folder, unknown)}' is a class that has no folder of training images.");
        var files = new FileList(folder);
        for (int i = 0; i < labels.Length; i++)
        {
            string own = Path.Combine(folder, labels[i]);
            string[] images = Directory.Exists(own) ? [.. Directory.GetFiles(own).Where(IsImage).Order(StringComparer.Ordinal)] : [];
            if (images.Length == 0)
                throw new InvalidDataException($"'{own}' has no images ({string.Join(", ", Extensions)}).");
            foreach (string image in images)
                files.Add(Path.Combine(labels[i], Path.GetFileName(image)), i, $"'{own}'");
        }

        return files;
    }

    private static FileList ReadList(string folder, string val, string[] labels)
    {
        string[] places = [.. ListNames.SelectMany(name => (string[])[Path.Combine(val, name), Path.Combine(folder, name)])];
        string path = places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"'{val}' has neither a folder for each class nor a list ({string.Join(", ", ListNames)}) of what its images show.");
        string images = Directory.Exists(Path.Combine(val, "images")) ? Path.Combine(val, "images") : val;
        var numbers = labels.Select((label, i) => (label, i)).ToDictionary(pair => pair.label, pair => pair.i);
        var files = new FileList(images);
        foreach (ListFile.Line line in ListFile.ReadLines(path))
        {
            string[] cells = line.Text.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (line.Number == 1 && cells[0] == "ImageId")
                continue; // the names of the columns
            if (cells.Length < 2)
                throw line.Fail($"expected the name of an image and its class, found '{line.Text}'");
            int number = numbers.TryGetValue(cells[1], out int named) ? named : line.ReadNumber(cells[1], 0, labels.Length - 1, "the name of a class or its number");
            files.Add(IsImage(cells[0]) ? cells[0] : cells[0] + DefaultExtension, number, line.Place);
        }

        return files;
    }

    private static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());
}
