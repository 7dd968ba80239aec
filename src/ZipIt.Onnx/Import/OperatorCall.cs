using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>One operator of the graph while it becomes layers: its inputs as values, its attributes, and the means to add nodes.</summary>
internal sealed class OperatorCall(ImportNode node, IReadOnlyList<ImportValue?> inputs, GraphImporter importer)
{
    public ImportNode Node => node;

    public IReadOnlyList<ImportValue?> Inputs => inputs;

    /// <summary>Version of the standard operators.</summary>
    public long Opset => importer.Opset;

    public MemoryBudget Budget => importer.Budget;

    public ImportGraph Graph => importer.Graph;

    /// <summary>The number of images that the file fixes; null if it is open.</summary>
    public long? FixedBatch => importer.FixedBatch;

    public bool IsConstant => inputs.All(input => input is null or ConstantValue);

    public bool Has(int input) => input < inputs.Count && inputs[input] is not null;

    /// <summary>An input that depends on the images.</summary>
    public FeatureValue Feature(int input) => PaddedFeature(input) is { Padding: null } value
        ? value
        : throw new UnsupportedException("it takes a map that zeros were added to; only a convolution may");

    /// <summary>An input that depends on the images, perhaps with zeros around it.</summary>
    public FeatureValue PaddedFeature(int input) => Has(input) && inputs[input] is FeatureValue value
        ? value
        : throw new UnsupportedException($"its input {input + 1} is {(Has(input) ? "a constant" : "missing")}");

    /// <summary>An input that must be constant.</summary>
    public ConstantValue Constant(int input) => Has(input) && inputs[input] is ConstantValue value
        ? value
        : throw new UnsupportedException($"its input {input + 1} is {(Has(input) ? "not constant" : "missing")}");

    /// <summary>A constant of floating-point numbers, all finite.</summary>
    public Tensor Floats(int input) =>
        CheckFinite(Constant(input).Floats ?? throw new UnsupportedException($"its input {input + 1} holds whole numbers"), input);

    /// <summary>Floats of a given shape.</summary>
    public Tensor Floats(int input, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Floats(input);
        return tensor.HasShape(shape)
            ? tensor
            : throw new UnsupportedException($"its input {input + 1} has the shape {tensor}, but {Tensor.FormatShape(shape)} was expected");
    }

    /// <summary>A constant of one floating-point number.</summary>
    public float Scalar(int input) => Constant(input) is { Length: 1 } constant
        ? constant.Floats?.Span[0] ?? constant.Integers![0]
        : throw new UnsupportedException($"its input {input + 1} is no single number");

    /// <summary>A constant of whole numbers.</summary>
    public long[] Integers(int input) => Constant(input).Integers ?? throw new UnsupportedException($"its input {input + 1} holds no whole numbers");

    /// <summary>Whole numbers that are an attribute in older versions and an input in newer ones; null for neither.</summary>
    public long[]? IntegersOf(string attribute, int input) => Has(input) ? Integers(input) : node.FindIntegers(attribute);

    /// <summary>The node of a feature map [channels, height, width].</summary>
    public Node Map(FeatureValue value)
    {
        if (value.Shape.Length != 3)
            throw new UnsupportedException($"it takes a feature map, found a value of shape {FormatBatch(value.Shape)}");
        return value.Padding is not null || Graph.ShapeOf(value.Node).AsSpan().SequenceEqual(value.Shape) ? value.Node
            : throw new UnsupportedException("its input is no feature map, but was made one by a reshape");
    }

    /// <summary>The node of a vector [features].</summary>
    public Node Vector(FeatureValue value) => value.Shape.Length == 1 && Graph.ShapeOf(value.Node).Length == 1
        ? value.Node
        : throw new UnsupportedException($"it takes a vector, found a value of shape {FormatBatch(value.Shape)}");

    /// <summary>Adds a node that is called like the operator, or like the module whose weights it has.</summary>
    public FeatureValue Emit(Layer layer, params Node[] inputNodes) => Of(Graph.Add(NameOf(), layer, inputNodes));

    /// <summary>Applies a function of each value alone; the view stays.</summary>
    public FeatureValue EmitActivation(Layer layer, FeatureValue value) => new(Graph.Add(node.Name, layer, value.Node), value.Shape);

    public FeatureValue Of(Node made) => new(made, Graph.ShapeOf(made));

    /// <summary>Whether nothing else takes an input's value, so that its node may be made another.</summary>
    public bool IsOnlyUse(int input) => importer.CountUses(node.Inputs[input]) == 1;

    /// <summary>An axis of a value with the given number of dimensions, batch included.</summary>
    public int Axis(long axis, int rank)
    {
        long normalized = axis < 0 ? axis + rank : axis;
        return normalized >= 0 && normalized < rank ? (int)normalized
            : throw new UnsupportedException($"its axis {axis} does not exist in a value of {rank} dimensions");
    }

    public static string FormatBatch(IEnumerable<int> shape) => $"[{string.Join(", ", shape.Select(extent => $"{extent}").Prepend("batch"))}]";

    /// <summary>
    /// Exporters number their nodes and name the weights after the modules: a layer is called <c>layer1.0.conv1</c> if its weights are
    /// <c>layer1.0.conv1.weight</c>.
    /// </summary>
    private string NameOf()
    {
        const string Weight = ".weight";
        string? stored = inputs.Count > 1 && inputs[1] is ConstantValue constant ? constant.Name : null;
        return stored is not null && stored.EndsWith(Weight, StringComparison.Ordinal) && stored.Length > Weight.Length ? stored[..^Weight.Length] : node.Name;
    }

    private static Tensor CheckFinite(Tensor tensor, int input) =>
        tensor.IsFinite() ? tensor : throw new UnsupportedException($"its input {input + 1} holds values that are not finite numbers");

    public ConstantValue Read(TensorProto tensor) => importer.Read(tensor, node.Name);
}
