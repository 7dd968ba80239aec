namespace Reproduction.Data;

/// <summary>
/// Caltech-UCSD Birds 200-2011 (Wah et al. 2011) and NABirds (Van Horn et al. 2015), whose lists are alike: <c>images.txt</c> (number and path in
/// <c>images</c>), <c>classes.txt</c> (number and name), <c>image_class_labels.txt</c> (numbers of image and class) and <c>train_test_split.txt</c> (number of
/// the image; 1 for training, 0 for test).
/// </summary>
/// <remarks>
/// NABirds numbers its images with UUIDs, and its classes form a tree (<c>hierarchy.txt</c>, which is not needed): only those that have images count. Some of
/// these have one name (the plumages of a species, say); their numbers are put behind it.
/// </remarks>
internal static class CaltechBirds
{
    /// <summary>Lists the images. None is decoded.</summary>
    /// <param name="folder">The folder with the lists.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="crop">How they become images of one size.</param>
    /// <exception cref="IOException">A list or an image is missing.</exception>
    /// <exception cref="InvalidDataException">A list is not as expected; the message names it and the line.</exception>
    public static DataSet Load(string folder, string name, CentreCrop crop)
    {
        Dictionary<string, (string Value, ListFile.Line Line)> Read(string list, string value) => ListFile.ReadPairs(Path.Combine(folder, list), value);
        var classes = Read("classes.txt", "the name of a class");
        var images = Read("images.txt", "the path of an image");
        var labels = Read("image_class_labels.txt", "the number of a class");
        var parts = Read("train_test_split.txt", "1 or 0");

        FileList training = new(Path.Combine(folder, "images")), test = new(Path.Combine(folder, "images"));
        string[] order = [.. classes.Keys];
        var numbers = order.Select((number, i) => (number, i)).ToDictionary(pair => pair.number, pair => pair.i);
        foreach ((string image, (string path, ListFile.Line line)) in images)
        {
            if (!labels.TryGetValue(image, out var label))
                throw line.Fail($"image '{image}' has no class in image_class_labels.txt");
            if (!numbers.TryGetValue(label.Value, out int number))
                throw label.Line.Fail($"there is no class '{label.Value}' in classes.txt");
            if (!parts.TryGetValue(image, out var part))
                throw line.Fail($"image '{image}' has no part in train_test_split.txt");
            FileList files = part.Line.ReadNumber(part.Value, 0, 1, "a number") == 1 ? training : test;
            files.Add(path, number, line.Place);
        }

        int[] counted = [.. training.Classes.Concat(test.Classes).Distinct().Order()];
        string[] names = Name(counted, order, classes);
        var renumber = counted.Select((number, i) => (number, i)).ToDictionary(pair => pair.number, pair => pair.i);
        return new DataSet(name, training.ToImages(names, crop, renumber), test.ToImages(names, crop, renumber));
    }

    /// <summary>The names of some classes, made different.</summary>
    private static string[] Name(int[] counted, string[] order, Dictionary<string, (string Value, ListFile.Line Line)> classes)
    {
        string[] names = [.. counted.Select(number => classes[order[number]].Value)];
        HashSet<string> repeated = [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];
        return [.. names.Select((name, i) => repeated.Contains(name) ? $"{name} ({order[counted[i]]})" : name)];
    }
}
