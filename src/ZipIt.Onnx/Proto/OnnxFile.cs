using Google.Protobuf;
using ZipIt.Networks;

namespace ZipIt.Onnx.Proto;

/// <summary>
/// Reads the protocol buffer of an ONNX file. The file is walked once before anything is made of it: an empty message takes two bytes in a file and a hundred
/// in memory, so they are counted first.
/// </summary>
internal static class OnnxFile
{
    /// <summary>Most nodes, attributes, tensors and other parts together; networks of a thousand layers have some ten thousand.</summary>
    public const int MaximumParts = 500_000;

    private const int MaximumGroupDepth = 16;
    private const int MaximumModelLength = int.MaxValue;

    /// <summary>What the messages of a file hold: for a message and a field of it the message inside.</summary>
    private static readonly Dictionary<(Part Owner, int Field), Part> Parts = new()
    {
        [(Part.Model, ModelProto.GraphFieldNumber)] = Part.Graph,
        [(Part.Model, ModelProto.OpsetImportFieldNumber)] = Part.Leaf,
        [(Part.Model, ModelProto.MetadataPropsFieldNumber)] = Part.Leaf,
        [(Part.Graph, GraphProto.NodeFieldNumber)] = Part.Node,
        [(Part.Graph, GraphProto.InitializerFieldNumber)] = Part.Tensor,
        [(Part.Graph, GraphProto.InputFieldNumber)] = Part.Value,
        [(Part.Graph, GraphProto.OutputFieldNumber)] = Part.Value,
        [(Part.Node, NodeProto.AttributeFieldNumber)] = Part.Attribute,
        [(Part.Attribute, AttributeProto.TFieldNumber)] = Part.Tensor,
        [(Part.Tensor, TensorProto.ExternalDataFieldNumber)] = Part.Leaf,
        [(Part.Value, ValueInfoProto.TypeFieldNumber)] = Part.Type,
        [(Part.Type, TypeProto.TensorTypeFieldNumber)] = Part.TensorType,
        [(Part.TensorType, TypeProto.Types.Tensor.ShapeFieldNumber)] = Part.Shape,
        [(Part.Shape, TensorShapeProto.DimFieldNumber)] = Part.Leaf,
    };

    private enum Part
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
        Value,
        Type,
        TensorType,
        Shape,
        Leaf,
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file; must be able to seek. Read from its present position to its end.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <exception cref="InvalidDataException">The bytes are no ONNX file.</exception>
    public static ModelProto Read(Stream stream, string source)
    {
        long start = stream.Position;
        long length = stream.Length - start;
        if (length == 0)
            throw new InvalidDataException($"'{source}' is empty.");
        if (length > MaximumModelLength)
            throw new InvalidDataException($"'{source}' has {length} bytes; an ONNX file has at most {MaximumModelLength}, and more weights in files beside it.");
        try
        {
            Check(CodedInputStream.CreateWithLimits(stream, MaximumModelLength, MaximumGroupDepth), length, source);
            stream.Position = start;
            ModelProto model = ModelProto.Parser.WithDiscardUnknownFields(true)
                .ParseFrom(CodedInputStream.CreateWithLimits(stream, MaximumModelLength, MaximumGroupDepth));
            return model.Graph is not null ? model : throw new InvalidDataException($"'{source}' holds no graph; it is no ONNX file.");
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"'{source}' is no ONNX file, or it is damaged: {exception.Message}", exception);
        }
    }

    private static void Check(CodedInputStream input, long length, string source)
    {
        var path = new Stack<(Part Part, long End)>();
        path.Push((Part.Model, length));
        int count = 0;
        while (path.TryPeek(out (Part Part, long End) top))
        {
            if (input.Position >= top.End)
            {
                if (input.Position > top.End)
                    throw Fail(source, top.End, "a part is longer than the one that holds it");
                path.Pop();
                continue;
            }

            uint tag = input.ReadTag();
            int field = WireFormat.GetTagFieldNumber(tag);
            if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited || !Parts.TryGetValue((top.Part, field), out Part part))
            {
                if (tag == 0 || WireFormat.GetTagWireType(tag) == WireFormat.WireType.EndGroup)
                    throw Fail(source, input.Position, "a field ends that has not begun");
                input.SkipLastField();
                continue;
            }

            int size = input.ReadLength();
            if (size < 0 || size > top.End - input.Position)
                throw Fail(source, input.Position, $"a part of {size} bytes does not fit into the {top.End - input.Position} that are left");
            if (++count > MaximumParts)
                throw new InvalidDataException($"'{source}' has more than {MaximumParts} nodes, attributes, tensors and other parts.");
            path.Push((part, input.Position + size));
        }
    }

    private static InvalidDataException Fail(string source, long position, string problem) =>
        new($"'{source}' is no ONNX file, or it is damaged: byte {position}: {problem}.");
}
