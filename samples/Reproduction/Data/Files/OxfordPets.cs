namespace Reproduction.Data;

/// <summary>
/// The Oxford-IIIT Pet data set (Parkhi et al. 2012): breeds of cats and dogs in <c>images</c>, whose classes and parts <c>annotations/trainval.txt</c> and
/// <c>annotations/test.txt</c> tell: name of the image, number of the class, and two numbers more.
/// </summary>
internal static class OxfordPets
{
    private const int MostClasses = 1000;

    /// <summary>Lists the images. None is decoded.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="crop">How they become images of one size.</param>
    /// <exception cref="IOException">A list or an image is missing.</exception>
    /// <exception cref="InvalidDataException">A list is not as expected; the message names it and the line.</exception>
    public static DataSet Load(string folder, CentreCrop crop)
    {
        var names = new SortedDictionary<int, string>();
        FileList training = Read(folder, "trainval.txt", names), test = Read(folder, "test.txt", names);
        Dictionary<int, int> numbers = names.Keys.Select((number, i) => (number, i)).ToDictionary(pair => pair.number, pair => pair.i);
        string[] labels = [.. names.Values];
        return new DataSet("pets", training.ToImages(labels, crop, numbers), test.ToImages(labels, crop, numbers));
    }

    /// <summary>Reads one list; the name of a class is that of its images up to their number.</summary>
    private static FileList Read(string folder, string list, SortedDictionary<int, string> names)
    {
        var files = new FileList(Path.Combine(folder, "images"));
        foreach (ListFile.Line line in ListFile.ReadLines(Path.Combine(folder, "annotations", list)))
        {
            if (line.Text.StartsWith('#'))
                continue;
            string[] cells = line.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length < 2)
                throw line.Fail($"expected the name of an image and the number of its class, found '{line.Text}'");
            int number = line.ReadNumber(cells[1], 1, MostClasses, "the number of a class");
            int end = cells[0].LastIndexOf('_');
            string name = end > 0 ? cells[0][..end] : throw line.Fail($"expected a name such as Abyssinian_1, found '{cells[0]}'");
            if (!names.TryAdd(number, name) && names[number] != name)
                throw line.Fail($"class {number} is called '{name}' here and '{names[number]}' before");
            files.Add(cells[0] + ".jpg", number, line.Place);
        }

        return files;
    }
}
