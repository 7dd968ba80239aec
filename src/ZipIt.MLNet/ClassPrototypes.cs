using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>
/// One fixed vector per class that the embedding of an image is compared with (text features of CLIP, for instance), and the scale of the comparison:
/// the score of a class is scale · cosine.
/// </summary>
public sealed class ClassPrototypes
{
    /// <summary>Describes prototypes.</summary>
    /// <param name="vectors">One vector per class [classes, embedding]; lengths do not matter.</param>
    /// <param name="scale">Factor of the cosines before the softmax; positive. 100 for CLIP.</param>
    /// <exception cref="ArgumentException">The tensor has another rank, or the scale is not a positive number.</exception>
    public ClassPrototypes(Tensor vectors, float scale)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Rank != 2 || vectors.Length == 0)
            throw new ArgumentException($"Expected prototypes of shape [classes, embedding], found {vectors}.", nameof(vectors));
        if (!(scale > 0 && float.IsFinite(scale)))
            throw new ArgumentException($"Expected a positive scale, found {scale}.", nameof(scale));
        (Vectors, Scale) = (vectors, scale);
    }

    /// <summary>One vector per class [classes, embedding].</summary>
    public Tensor Vectors { get; }

    /// <summary>Factor of the cosines before the softmax.</summary>
    public float Scale { get; }

    /// <summary>Reads prototypes from a file.</summary>
    /// <param name="path">Path of a safetensors or PyTorch file.</param>
    /// <param name="scale">Factor of the cosines before the softmax; positive. 100 for CLIP.</param>
    /// <param name="rows">Rows of the stored tensor that belong to the classifier's classes, in their order; null for all.</param>
    /// <param name="tensorName">Name of the tensor [classes, embedding] in the file; null if the file holds only one.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or holds no such tensor; the message names file and tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such row.</exception>
    public static ClassPrototypes Load(string path, float scale, IReadOnlyList<int>? rows = null, string? tensorName = null)
    {
        StateDictionary tensors = Checkpoint.Load(path);
        if (tensorName is null && tensors.Count != 1)
            throw new InvalidDataException($"'{path}' holds {tensors.Count} tensors; name the one with the prototypes.");
        string name = tensorName ?? tensors.Keys.First();
        if (!tensors.TryGetValue(name, out Tensor? stored))
            throw new InvalidDataException($"'{path}' has no tensor '{name}'.");
        if (stored.Rank != 2 || stored.Length == 0)
            throw new InvalidDataException($"'{path}': expected '{name}' to be of shape [classes, embedding], found {stored}.");
        return new ClassPrototypes(rows is null ? stored : Select(path, name, stored, rows), scale);
    }

    private static Tensor Select(string path, string name, Tensor stored, IReadOnlyList<int> rows)
    {
        var selected = new Tensor(rows.Count, stored[1]);
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i] < 0 || rows[i] >= stored[0])
                throw new ArgumentOutOfRangeException(nameof(rows), $"'{path}': '{name}' has {stored[0]} rows, so there is no row {rows[i]}.");
            stored.Slice(rows[i], 1).Span.CopyTo(selected.Slice(i, 1).Span);
        }

        return selected;
    }
}
