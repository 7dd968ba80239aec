namespace Reproduction.Data;

/// <summary>
/// Stanford Dogs (Khosla et al. 2011): breeds in the folders of <c>Images</c> (<c>n02085620-Chihuahua</c> …); <c>train_list.mat</c> and <c>test_list.mat</c>,
/// in the folder itself or in <c>lists</c>, name each image (<c>file_list</c>) and the number of its class from 1 (<c>labels</c>).
/// </summary>
internal static class StanfordDogs
{
    private const int MostClasses = 1000;

    /// <summary>Lists the images. None is decoded.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="crop">How they become images of one size.</param>
    /// <exception cref="IOException">A list or an image is missing.</exception>
    /// <exception cref="InvalidDataException">A list is not as expected; the message names it and the entry.</exception>
    public static DataSet Load(string folder, CentreCrop crop)
    {
        var names = new SortedDictionary<int, string>();
        FileList training = Read(folder, "train_list.mat", names), test = Read(folder, "test_list.mat", names);
        Dictionary<int, int> numbers = names.Keys.Select((number, i) => (number, i)).ToDictionary(pair => pair.number, pair => pair.i);
        string[] labels = [.. names.Values.Select(LabelOf)];
        return new DataSet("dogs", training.ToImages(labels, crop, numbers), test.ToImages(labels, crop, numbers));
    }

    private static FileList Read(string folder, string list, SortedDictionary<int, string> names)
    {
        string path = Path.Combine(folder, list);
        if (!File.Exists(path) && File.Exists(Path.Combine(folder, "lists", list)))
            path = Path.Combine(folder, "lists", list);
        MatFile file = MatFile.Read(path);
        IReadOnlyList<string> images = file.GetTexts("file_list");
        IReadOnlyList<double> classes = file.GetNumbers("labels");
        if (images.Count != classes.Count)
            throw new InvalidDataException($"'{path}' names {images.Count} images and {classes.Count} labels.");

        var files = new FileList(Path.Combine(folder, "Images"));
        for (int i = 0; i < images.Count; i++)
        {
            string place = $"'{path}', entry {i + 1}";
            if (!(classes[i] >= 1 && classes[i] <= MostClasses && double.IsInteger(classes[i])))
                throw new InvalidDataException($"{place}: expected the number of a class, found {classes[i]}.");
            int number = (int)classes[i], end = images[i].IndexOf('/');
            string name = end > 0 ? images[i][..end] : throw new InvalidDataException($"{place}: expected an image in the folder of its breed, found '{images[i]}'.");
            if (!names.TryAdd(number, name) && names[number] != name)
                throw new InvalidDataException($"{place}: images of class {number} are in the folders '{names[number]}' and '{name}'.");
            files.Add(images[i], number, place);
        }

        return files;
    }

    /// <summary>The breed in the name of a folder, which begins with ImageNet's number.</summary>
    private static string LabelOf(string folder) => folder.IndexOf('-') is > 0 and var end && end + 1 < folder.Length ? folder[(end + 1)..] : folder;
}
