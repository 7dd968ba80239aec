using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>What a name in an ONNX graph stands for while the graph is read.</summary>
internal abstract class ImportValue;

/// <summary>A value that could not be made, or that depends on one: the reason was given where it arose.</summary>
internal sealed class UnknownValue : ImportValue
{
    public static UnknownValue Instance { get; } = new();
}

/// <summary>A value that depends on the images: one per image of the batch.</summary>
/// <param name="node">The node of the network that makes it.</param>
/// <param name="shape">
/// The shape that the ONNX graph sees, without the batch. If it is not the node's own, it is another view of the same elements in the same order.
/// </param>
internal sealed class FeatureValue(Node node, int[] shape) : ImportValue
{
    public Node Node => node;

    public int[] Shape => shape;

    /// <summary>Name of the latest of a chain of additions and multiplications of constants that may grow; null if the node is something else, or
    /// complete.</summary>
    public string? OpenAffine { get; init; }

    /// <summary>Zeros around the node's map that a convolution shall take over as its padding; null for none.</summary>
    public Border? Padding { get; private init; }

    /// <summary>A map with zeros around it.</summary>
    /// <param name="map">The map itself.</param>
    /// <param name="border">The zeros.</param>
    public static FeatureValue Pad(Node map, int[] shape, Border border) =>
        new(map, checked([shape[0], shape[1] + border.Top + border.Bottom, shape[2] + border.Left + border.Right])) { Padding = border };
}

/// <summary>A value that is the same for all images: weights, or the numbers that shapes are made of.</summary>
internal sealed class ConstantValue : ImportValue
{
    /// <summary>Stands for the number of images among <see cref="Integers"/>.</summary>
    public const long Batch = long.MinValue;

    /// <exception cref="UnsupportedException">There are too many dimensions.</exception>
    private ConstantValue(int[] shape, Tensor? floats, long[]? integers, string? name)
    {
        if (shape.Length > MemoryBudget.MaximumRank)
            throw new UnsupportedException($"a constant has {shape.Length} dimensions; at most {MemoryBudget.MaximumRank} are supported");
        (Shape, Floats, Integers, Name) = (shape, floats, integers, name);
    }

    public int[] Shape { get; }

    /// <summary>The elements of a tensor of floating-point numbers.</summary>
    public Tensor? Floats { get; }

    /// <summary>The elements of a tensor of whole numbers or truth values.</summary>
    public long[]? Integers { get; }

    /// <summary>Name of the stored tensor; null for a computed one.</summary>
    public string? Name { get; }

    public int Length => Floats?.Length ?? Integers!.Length;

    public static ConstantValue Of(Tensor tensor, string? name = null) => new(tensor.Shape.ToArray(), tensor, null, name);

    public static ConstantValue Of(long[] integers, int[] shape, string? name = null) => new(shape, null, integers, name);

    /// <summary>The same elements under another shape of as many elements.</summary>
    public ConstantValue Reshape(int[] shape) => new(shape, Floats?.Reshape(shape), Integers, Name);
}
