using System.Runtime.InteropServices;
using Google.Protobuf;
using ZipIt.Networks;
using ZipIt.Onnx.Proto;
using ZipIt.TestFramework;
using AttributeType = ZipIt.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace ZipIt.Onnx.Tests;

/// <summary>An ONNX model made operator by operator, the way other tools write them.</summary>
internal sealed class TestModel
{
    private readonly NetworkGenerator _generator = new(7);

    public TestModel(int opset, params ReadOnlySpan<int> image)
    {
        Proto = new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } }, Graph = new GraphProto { Name = "test" } };
        if (!image.IsEmpty)
            Proto.Graph.Input.Add(Describe("image", null, [.. image]));
    }

    public ModelProto Proto { get; }

    public GraphProto Graph => Proto.Graph;

    /// <summary>Adds an operator.</summary>
    /// <param name="operation">The operator; its node is called like its output.</param>
    /// <param name="inputs">Names of its inputs, separated by spaces; <c>-</c> for one that is left out.</param>
    /// <param name="outputs">Names of its outputs, separated by spaces.</param>
    /// <param name="attributes">Names and values.</param>
    public TestModel Node(string operation, string inputs, string outputs, params (string Name, object Value)[] attributes)
    {
        string[] names = outputs.Split(' ');
        var node = new NodeProto { OpType = operation, Name = names[0], Output = { names } };
        foreach (string input in inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            node.Input.Add(input == "-" ? "" : input);
        foreach ((string name, object value) in attributes)
            node.Attribute.Add(Attribute(name, value));
        Graph.Node.Add(node);
        return this;
    }

    /// <summary>Adds random weights.</summary>
    public TestModel Weights(string name, params ReadOnlySpan<int> shape)
    {
        int perOutput = 1;
        foreach (int extent in shape.IsEmpty ? [] : shape[1..])
            perOutput *= extent;
        return Floats(name, _generator.DrawTensor(1 / Math.Sqrt(perOutput), shape).Span.ToArray(), shape);
    }

    public TestModel Floats(string name, float[] values, params ReadOnlySpan<int> shape)
    {
        Graph.Initializer.Add(Tensor(name, values, shape));
        return this;
    }

    public TestModel Integers(string name, long[] values, params ReadOnlySpan<int> shape)
    {
        Graph.Initializer.Add(Tensor(name, values, shape));
        return this;
    }

    public TestModel Output(string name, params ReadOnlySpan<int> shape)
    {
        Graph.Output.Add(Describe(name, null, shape.ToArray()));
        return this;
    }

    public byte[] ToBytes() => Proto.ToByteArray();

    public OnnxNetwork Import(OnnxImportOptions? options = null) => Agreement.Import(ToBytes(), options);

    /// <summary>Reads the model, and holds the network, and its own export, against ONNX Runtime.</summary>
    public Network Check(int images = 2)
    {
        byte[] file = ToBytes();
        Network network = Agreement.Import(file).Network;
        Tensor[] values = Agreement.DrawImages(network, images);
        using var session = new OnnxRuntimeSession(file);
        float[][] expected = session.Run(values);
        Assert.InRange(Agreement.Error(expected, Agreement.Run(network, values)), 0, 1e-4);

        byte[] exported = Agreement.Export(network);
        using var again = new OnnxRuntimeSession(exported);
        Assert.InRange(Agreement.Error(expected, again.Run(values)), 0, 1e-4);
        Assert.Equal(Agreement.ToBytes(network), Agreement.ToBytes(Agreement.Import(exported).Network));
        return network;
    }

    /// <summary>The message of the exception that reading the model gives.</summary>
    public string Refused(OnnxImportOptions? options = null) => Assert.Throws<InvalidDataException>(() => Import(options)).Message;

    public static TensorProto Tensor(string name, float[] values, ReadOnlySpan<int> shape) => new()
    {
        Name = name, DataType = (int)TensorProto.Types.DataType.Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        Dims = { shape.ToArray().Select(extent => (long)extent) },
    };

    public static TensorProto Tensor(string name, long[] values, ReadOnlySpan<int> shape) => new()
    {
        Name = name, DataType = (int)TensorProto.Types.DataType.Int64, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)),
        Dims = { shape.ToArray().Select(extent => (long)extent) },
    };

    public static ValueInfoProto Describe(string name, int? batch, int[] shape)
    {
        var described = new TensorShapeProto { Dim = { batch is { } fixedBatch ? new() { DimValue = fixedBatch } : new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        foreach (int extent in shape)
            described.Dim.Add(extent > 0 ? new() { DimValue = extent } : new TensorShapeProto.Types.Dimension { DimParam = $"d{described.Dim.Count}" });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new() { ElemType = 1, Shape = described } } };
    }

    private static AttributeProto Attribute(string name, object value) => value switch
    {
        int number => new() { Name = name, I = number, Type = AttributeType.Int },
        float number => new() { Name = name, F = number, Type = AttributeType.Float },
        string text => new() { Name = name, S = ByteString.CopyFromUtf8(text), Type = AttributeType.String },
        int[] numbers => new() { Name = name, Ints = { numbers.Select(number => (long)number) }, Type = AttributeType.Ints },
        float[] numbers => new() { Name = name, Floats = { numbers }, Type = AttributeType.Floats },
        TensorProto tensor => new() { Name = name, T = tensor, Type = AttributeType.Tensor },
        _ => throw new ArgumentException($"No attribute can hold a {value.GetType()}.", nameof(value)),
    };
}
