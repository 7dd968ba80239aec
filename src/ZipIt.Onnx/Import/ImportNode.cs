using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>One operator of an ONNX graph with its attributes.</summary>
internal sealed class ImportNode
{
    private readonly Dictionary<string, AttributeProto> _attributes = new(StringComparer.Ordinal);

    public ImportNode(NodeProto proto)
    {
        Name = proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault(output => output.Length > 0) ?? proto.OpType;
        Operator = proto.Domain is "" or "ai.onnx" ? proto.OpType : $"{proto.Domain}:{proto.OpType}";
        Inputs = [.. proto.Input];
        Outputs = [.. proto.Output];
        foreach (AttributeProto attribute in proto.Attribute)
            _attributes[attribute.Name] = attribute;
    }

    /// <summary>A node that stands for several.</summary>
    public ImportNode(string name, string operatorName, string input, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        (Name, Operator, Inputs, Outputs) = (name, operatorName, [input], [output]);
        foreach (AttributeProto attribute in attributes)
            _attributes[attribute.Name] = attribute;
    }

    public string Name { get; }

    /// <summary>The operator; with its domain if that is not the standard one.</summary>
    public string Operator { get; }

    /// <summary>Names of the inputs; empty for one that is left out.</summary>
    public string[] Inputs { get; }

    public string[] Outputs { get; }

    public bool Has(string attribute) => _attributes.ContainsKey(attribute);

    public long? FindInteger(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.Int)?.I;

    public float? FindFloat(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.Float)?.F;

    public string? FindText(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.String)?.S.ToStringUtf8();

    public long[]? FindIntegers(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.Ints) is { } found ? [.. found.Ints] : null;

    public float[]? FindFloats(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.Floats) is { } found ? [.. found.Floats] : null;

    public TensorProto? FindTensor(string attribute) => Find(attribute, AttributeProto.Types.AttributeType.Tensor)?.T;

    public override string ToString() => $"'{NameList.Shorten(Name)}' ({NameList.Shorten(Operator)})";

    /// <exception cref="UnsupportedException">The attribute is of another type.</exception>
    private AttributeProto? Find(string name, AttributeProto.Types.AttributeType type)
    {
        if (!_attributes.TryGetValue(name, out AttributeProto? attribute))
            return null;

        // Files of the first IR versions do not say the type.
        return attribute.Type == type || attribute.Type == AttributeProto.Types.AttributeType.Undefined
            ? attribute
            : throw new UnsupportedException($"its attribute '{name}' is {attribute.Type}, but {type} was expected");
    }
}
