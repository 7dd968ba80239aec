using ZipIt.MLNet;
using ZipIt.Networks;

namespace Reproduction.Training;

/// <summary>Prototypes of some of the classes.</summary>
internal static class PrototypeSelection
{
    /// <summary>Chooses rows.</summary>
    /// <param name="prototypes">Vectors of all classes.</param>
    /// <param name="classes">Numbers of the classes.</param>
    public static ClassPrototypes Of(ClassPrototypes prototypes, IReadOnlyList<int> classes)
    {
        var vectors = new Tensor(classes.Count, prototypes.Vectors[1]);
        for (int i = 0; i < classes.Count; i++)
            prototypes.Vectors.Slice(classes[i], 1).Span.CopyTo(vectors.Slice(i, 1).Span);
        return new ClassPrototypes(vectors, prototypes.Scale);
    }
}
