namespace Reproduction.Data;

/// <summary>Gathers the image files that a list names.</summary>
/// <param name="folder">Folder that the names are relative to.</param>
internal sealed class FileList(string folder)
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
    private readonly List<string> _names = [];
    private readonly List<int> _classes = [];

    /// <summary>Number of files.</summary>
    public int Count => _names.Count;

    /// <summary>Class of each file.</summary>
    public IReadOnlyList<int> Classes => _classes;

    /// <summary>Adds a file.</summary>
    /// <param name="name">Its path in the folder.</param>
    /// <param name="number">Its class.</param>
    /// <param name="place">Where it is named, for messages.</param>
    /// <exception cref="InvalidDataException">The path leads out of the folder.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public void Add(string name, int number, string place)
    {
        string path = Path.GetFullPath(Path.Combine(_root, name));
        if (!path.StartsWith(_root, StringComparison.Ordinal))
            throw new InvalidDataException($"{place}: '{name}' leads out of the folder '{folder}'.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{place}: there is no image '{Path.Combine(folder, name)}'.", path);
        _names.Add(path[_root.Length..]);
        _classes.Add(number);
    }

    /// <summary>The images.</summary>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="crop">How they become images of one size.</param>
    /// <param name="renumber">New number of each class; null for the same.</param>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public FileImages ToImages(IReadOnlyList<string> labels, CentreCrop crop, IReadOnlyDictionary<int, int>? renumber = null) => Count > 0
        ? new FileImages(labels, folder, _names, renumber is null ? _classes : [.. _classes.Select(number => renumber[number])], crop)
        : throw new InvalidDataException($"'{folder}' has no images for one of the parts, training and test.");
}
