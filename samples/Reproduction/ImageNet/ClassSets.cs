using Reproduction.Data;

namespace Reproduction.ImageNet;

/// <summary>Disjoint sets of classes, a classifier's each.</summary>
internal static class ClassSets
{
    /// <summary>Draws sets, the same on every run.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="sets">Number of sets.</param>
    /// <param name="perSet">Classes of each.</param>
    /// <returns>Numbers of the classes, in ascending order.</returns>
    /// <exception cref="ArgumentException">There are fewer classes.</exception>
    public static int[][] Draw(int classes, int sets, int perSet)
    {
        if (sets < 2 || perSet < 2 || (long)sets * perSet > classes)
            throw new ArgumentException($"{sets} sets of {perSet} classes cannot be drawn from {classes}: expected at least two of two, and no class twice.", nameof(sets));
        int[] order = [.. Enumerable.Range(0, classes)];
        new Random(1).Shuffle(order);
        return [.. order.Chunk(perSet).Take(sets).Select(set => set.Order().ToArray())];
    }

    /// <summary>Reads the classes of a classifier, in the order of its outputs.</summary>
    /// <param name="path">Path of a file with a name in each line.</param>
    /// <param name="labels">Names of all classes.</param>
    /// <returns>Numbers of the classes.</returns>
    /// <exception cref="InvalidDataException">A name is unknown, or there twice.</exception>
    public static int[] Read(string path, IReadOnlyList<string> labels)
    {
        var numbers = labels.Select((label, i) => (label, i)).ToDictionary(pair => pair.label, pair => pair.i);
        var classes = new List<int>();
        foreach (ListFile.Line line in ListFile.ReadLines(path))
        {
            if (!numbers.Remove(line.Text, out int number))
                throw line.Fail(labels.Contains(line.Text) ? $"'{line.Text}' is there a second time" : $"there is no class '{line.Text}' in the data set");
            classes.Add(number);
        }

        return classes.Count >= 2 ? [.. classes] : throw new InvalidDataException($"'{path}': expected at least two names of classes.");
    }
}
