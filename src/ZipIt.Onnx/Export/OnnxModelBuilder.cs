using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>Makes an ONNX file: inputs, a graph, outputs and metadata. The same calls give the same bytes.</summary>
public sealed class OnnxModelBuilder : IOnnxGraph
{
    /// <summary>The version of the standard operators that is written by default: whatever reads ONNX files reads it.</summary>
    public const int DefaultOpset = 13;

    private const string BatchDimension = "batch";

    private readonly ModelProto _model;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _metadata = new(StringComparer.Ordinal);
    private long _length;

    /// <summary>Begins a file.</summary>
    /// <param name="opset">Version of the standard operators, 13 … <see cref="OnnxNetwork.NewestOpset"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The version is out of range.</exception>
    public OnnxModelBuilder(int opset = DefaultOpset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(opset, DefaultOpset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(opset, OnnxNetwork.NewestOpset);
        Opset = opset;
        _model = new ModelProto
        {
            IrVersion = IrVersionOf(opset),
            ProducerName = "ZipIt.MLNet",
            ProducerVersion = typeof(OnnxModelBuilder).Assembly.GetName().Version!.ToString(3),
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } },
            Graph = new GraphProto { Name = "network" },
        };
    }

    /// <inheritdoc/>
    public int Opset { get; }

    /// <summary>Keeps names for inputs and outputs, so that no inner value takes them.</summary>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public void Reserve(params IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (!_names.Add(name))
                throw new ArgumentException($"Two inputs or outputs are called '{name}'.", nameof(names));
        }
    }

    /// <summary>Adds an input of 32-bit floats under a name that was reserved.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape without the batch, which stays open.</param>
    public void AddInput(string name, ReadOnlySpan<int> shape) => _model.Graph.Input.Add(Describe(name, shape));

    /// <summary>Gives a value out under a name that was reserved.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="value">Name of the value.</param>
    /// <param name="shape">Its shape without the batch.</param>
    public void AddOutput(string name, string value, ReadOnlySpan<int> shape)
    {
        _model.Graph.Node.Add(new NodeProto { OpType = "Identity", Name = $"output/{name}", Input = { value }, Output = { name } });
        _model.Graph.Output.Add(Describe(name, shape));
    }

    /// <summary>Adds text beside the graph.</summary>
    /// <exception cref="ArgumentException">The key was given twice.</exception>
    public void AddMetadata(string key, string value)
    {
        if (!_metadata.Add(key))
            throw new ArgumentException($"The metadata '{key}' were given twice.", nameof(key));
        _model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    /// <summary>Adds the meaning of outputs to the metadata, where <see cref="OnnxNetwork.Tasks"/> finds it.</summary>
    public void AddTasks(IReadOnlyList<OnnxTask> tasks) => AddMetadata(OnnxTasks.Key, OnnxTasks.Write(tasks));

    /// <summary>
    /// Adds to the metadata which values of the graph are the inputs and outputs of a network, where the file's own outputs are computed from them: <see cref="OnnxNetwork.Load(string, OnnxImportOptions)"/>
    /// then gives that network back.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="inputs">Names of the inputs that it takes.</param>
    /// <param name="outputs">Names of the values of its outputs.</param>
    public void AddNetwork(Network network, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(network);
        AddMetadata(NetworkBoundary.Key, NetworkBoundary.Of(network, inputs, outputs).ToJson());
    }

    /// <inheritdoc/>
    public string AddConstant(string name, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var bytes = new byte[values.Length * (long)sizeof(float)];
        MemoryMarshal.AsBytes(values.Span).CopyTo(bytes);
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        return AddTensor(name, TensorProto.Types.DataType.Float, bytes, [.. values.Shape.ToArray().Select(extent => (long)extent)]);
    }

    /// <inheritdoc/>
    public string AddConstant(string name, ReadOnlySpan<long> values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        return AddTensor(name, TensorProto.Types.DataType.Int64, bytes, [values.Length]);
    }

    /// <inheritdoc/>
    public string AddNode(string operation, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        string value = FindName(name);
        var node = new NodeProto { OpType = operation, Name = name, Output = { value } };
        foreach (string input in inputs)
            node.Input.Add(input);
        foreach (OnnxAttribute attribute in attributes)
            node.Attribute.Add(ToProto(attribute));
        _model.Graph.Node.Add(node);
        return value;
    }

    /// <summary>Writes the file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidOperationException">It would be larger than 2 GB, which an ONNX file cannot be.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckLength();
        AtomicFile.Write(path, Save);
    }

    /// <summary>Writes the content of the file.</summary>
    /// <param name="stream">Receives the bytes.</param>
    /// <exception cref="InvalidOperationException">It would be larger than 2 GB, which an ONNX file cannot be.</exception>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckLength();
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        _model.WriteTo(output);
    }

    /// <summary>The version of the file format that came with a version of the operators, no newer than any reader needs.</summary>
    private static int IrVersionOf(int opset) => opset switch
    {
        <= 14 => 7,
        <= 18 => 8,
        <= 20 => 9,
        <= 22 => 10,
        _ => 11,
    };

    private static AttributeProto ToProto(OnnxAttribute attribute) => attribute.Value switch
    {
        long value => new AttributeProto { Name = attribute.Name, I = value, Type = AttributeProto.Types.AttributeType.Int },
        float value => new AttributeProto { Name = attribute.Name, F = value, Type = AttributeProto.Types.AttributeType.Float },
        string value => new AttributeProto { Name = attribute.Name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String },
        var value => new AttributeProto { Name = attribute.Name, Ints = { (long[])value }, Type = AttributeProto.Types.AttributeType.Ints },
    };

    private static ValueInfoProto Describe(string name, ReadOnlySpan<int> shape)
    {
        var described = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = BatchDimension } } };
        foreach (int extent in shape)
            described.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = described } },
        };
    }

    private string AddTensor(string name, TensorProto.Types.DataType type, byte[] bytes, long[] shape)
    {
        string value = FindName(name);
        _length += bytes.Length;
        _model.Graph.Initializer.Add(new TensorProto { Name = value, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(bytes), Dims = { shape } });
        return value;
    }

    private string FindName(string name)
    {
        string free = name;
        for (int i = 2; !_names.Add(free); i++)
            free = $"{name}_{i}";
        return free;
    }

    private void CheckLength()
    {
        const long MostBeside = 16 << 20;
        if (_length > int.MaxValue - MostBeside)
            throw new InvalidOperationException($"The weights take {_length} bytes; an ONNX file holds at most 2 GB.");
    }
}
