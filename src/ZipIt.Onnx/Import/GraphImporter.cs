using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>Reads the graph of an ONNX file, operator by operator, into a network; only what its outputs need.</summary>
internal sealed class GraphImporter
{
    private readonly string _source;
    private readonly OnnxImportOptions _options;
    private readonly NetworkBoundary? _boundary;
    private readonly GraphProto _graph;
    private readonly StoredTensors _tensors;
    private readonly HashSet<string> _inputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImportNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImportValue> _values = new(StringComparer.Ordinal);
    private readonly ImportProblems _problems = new();

    private GraphImporter(ModelProto model, string source, long length, ExternalData? external, NetworkBoundary? boundary, OnnxImportOptions options)
    {
        (_source, _options, _graph) = (source, options, model.Graph);
        _boundary = options.Outputs is null ? boundary : null;
        Opset = FindOpset(model);
        Budget = new MemoryBudget(length, source);
        _tensors = new StoredTensors(source, external, Budget);
    }

    public long Opset { get; }

    public MemoryBudget Budget { get; }

    public ImportGraph Graph { get; } = new();

    public long? FixedBatch { get; private set; }

    /// <summary>Reads a network.</summary>
    /// <param name="model">The content of the file.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <param name="length">Size of the file in bytes.</param>
    /// <param name="external">Where weights outside the file are; null if it came as a stream.</param>
    /// <param name="boundary">Where a network begins and ends in the graph; null if it is the whole graph.</param>
    /// <param name="options">What to read.</param>
    /// <exception cref="InvalidDataException">The graph is damaged, or holds what is not supported.</exception>
    public static Network Read(ModelProto model, string source, long length, ExternalData? external, NetworkBoundary? boundary, OnnxImportOptions options)
    {
        var importer = new GraphImporter(model, source, length, external, boundary, options);
        try
        {
            return importer.Read();
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"'{source}' holds no network: {exception.Message}", exception);
        }
    }

    public int CountUses(string value) => _uses.GetValueOrDefault(value);

    public ConstantValue Read(TensorProto tensor, string owner) => _tensors.Read(tensor, owner);

    private Network Read()
    {
        foreach (TensorProto tensor in _graph.Initializer)
            _tensors.Add(tensor);
        foreach (ValueInfoProto input in _graph.Input)
            _inputs.Add(input.Name);
        foreach (NodeProto proto in _graph.Node)
            AddProducer(new ImportNode(proto));
        string[] outputs = FindOutputs();
        foreach (ImportNode fused in ActivationPatterns.Find(Sort(outputs), _producers, FindScalar))
            _producers[fused.Outputs[0]] = fused;
        IReadOnlyList<ImportNode> nodes = Sort(outputs);
        foreach (string value in nodes.SelectMany(node => node.Inputs).Concat(outputs))
            _uses[value] = _uses.GetValueOrDefault(value) + 1;

        ReadInputs(nodes.SelectMany(node => node.Inputs).Concat(outputs).ToHashSet(StringComparer.Ordinal));
        foreach (ImportNode node in nodes)
            Convert(node);
        Head[] heads = [.. outputs.Select((value, i) => MakeHead(_boundary?.Outputs[i].Key ?? value, value)).OfType<Head>()];
        if (_problems.Any)
            throw _problems.ToException(_source);
        return new Network(heads);
    }

    private long FindOpset(ModelProto model)
    {
        long? opset = model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version;
        return opset switch
        {
            null => throw new InvalidDataException($"'{_source}' does not say which version of the operators it uses; it is no ONNX file, or it is damaged."),
            < OnnxNetwork.OldestOpset or > OnnxNetwork.NewestOpset => throw new InvalidDataException(
                $"'{_source}' uses version {opset} of the ONNX operators; versions {OnnxNetwork.OldestOpset} … {OnnxNetwork.NewestOpset} are supported. " +
                "Export it again with one of them."),
            _ => opset.Value,
        };
    }

    private void AddProducer(ImportNode node)
    {
        foreach (string output in node.Outputs.Where(output => output.Length > 0))
        {
            if (!_producers.TryAdd(output, node) || _tensors.Contains(output) || _inputs.Contains(output))
                throw new InvalidDataException($"'{_source}' makes the value '{NameList.Shorten(output)}' twice; node {node} is the second.");
        }
    }

    private string[] FindOutputs()
    {
        string[] outputs = [.. _options.Outputs ?? _boundary?.Outputs.Select(output => output.Value) ?? _graph.Output.Select(output => output.Name)];
        if (outputs.Length == 0)
            throw new InvalidDataException($"'{_source}' has no outputs.");
        string? missing = outputs.FirstOrDefault(output => !_producers.ContainsKey(output));
        return missing is null ? outputs : throw new InvalidDataException($"'{_source}' has no node that makes the output '{NameList.Shorten(missing)}'.");
    }

    /// <summary>The nodes that the outputs need, each behind those whose values it takes. Without recursion: a hostile graph may be deep.</summary>
    private IReadOnlyList<ImportNode> Sort(IEnumerable<string> outputs)
    {
        var sorted = new List<ImportNode>();
        var isDone = new Dictionary<ImportNode, bool>(ReferenceEqualityComparer.Instance);
        var path = new Stack<(ImportNode Node, int NextInput)>();
        foreach (string output in outputs)
        {
            Enter(_producers[output]);
            while (path.TryPop(out (ImportNode Node, int NextInput) top))
            {
                if (top.NextInput == top.Node.Inputs.Length)
                {
                    isDone[top.Node] = true;
                    sorted.Add(top.Node);
                    continue;
                }

                path.Push((top.Node, top.NextInput + 1));
                string value = top.Node.Inputs[top.NextInput];
                if (_producers.TryGetValue(value, out ImportNode? producer))
                    Enter(producer);
                else if (value.Length > 0 && !_tensors.Contains(value) && !_inputs.Contains(value))
                {
                    throw new InvalidDataException(
                        $"'{_source}', node {top.Node} takes the value '{NameList.Shorten(value)}', which neither a node nor a stored tensor gives.");
                }
            }
        }

        return sorted;

        void Enter(ImportNode node)
        {
            if (isDone.TryAdd(node, false))
                path.Push((node, 0));
            else if (!isDone[node])
                throw new InvalidDataException($"'{_source}', node {node} takes, by way of others, its own output: the graph goes round in a circle.");
        }
    }

    /// <summary>A stored or constant single number, for patterns; null for anything else.</summary>
    private float? FindScalar(string value)
    {
        ConstantValue? constant = null;
        if (_tensors.Contains(value))
        {
            constant = _tensors.IsScalar(value) ? _tensors.Take(value) : null;
        }
        else if (_producers.TryGetValue(value, out ImportNode? node) && node.Operator == "Constant")
        {
            if (node.FindTensor("value") is not { } tensor)
                return ConstantOperators.FindScalar(node);
            constant = tensor.Dims.All(extent => extent == 1) ? _tensors.Read(tensor, node.Name) : null;
        }

        return constant is null ? null : constant.Floats?.Span[0] ?? constant.Integers![0];
    }

    private void ReadInputs(HashSet<string> needed)
    {
        foreach (ValueInfoProto input in _graph.Input.Where(input => needed.Contains(input.Name) && !_tensors.Contains(input.Name)))
        {
            if (_values.ContainsKey(input.Name))
                throw new InvalidDataException($"'{_source}' has two inputs called '{NameList.Shorten(input.Name)}'.");
            var dimensions = input.Type?.TensorType?.Shape?.Dim;
            if (dimensions is not { Count: 4 })
            {
                _problems.Add($"Input '{NameList.Shorten(input.Name)}'",
                    $"it has {dimensions?.Count.ToString() ?? "no known number of"} dimensions; images are [batch, channels, height, width]");
                _values[input.Name] = UnknownValue.Instance;
                continue;
            }

            if (dimensions[0].DimValue > 0)
                FixedBatch = dimensions[0].DimValue;
            int? channels = Extent(dimensions[1], null);
            int? height = Extent(dimensions[2], _options.ImageSize?.Height);
            int? width = Extent(dimensions[3], _options.ImageSize?.Width);
            if (channels is null || height is null || width is null)
            {
                _problems.Add($"Input '{NameList.Shorten(input.Name)}'", channels is null
                    ? "its number of channels is open; export the model with a fixed one"
                    : $"its height and width are open; give {nameof(OnnxImportOptions)}.{nameof(OnnxImportOptions.ImageSize)}");
                _values[input.Name] = UnknownValue.Instance;
                continue;
            }

            Node node = Graph.Add(_boundary?.Inputs.GetValueOrDefault(input.Name) ?? input.Name, new Input(channels.Value, height.Value, width.Value));
            _values[input.Name] = new FeatureValue(node, Graph.ShapeOf(node));
        }
    }

    private static int? Extent(TensorShapeProto.Types.Dimension dimension, int? asked) =>
        dimension.DimValue is > 0 and <= int.MaxValue ? (int)dimension.DimValue : asked;

    private void Convert(ImportNode node)
    {
        ImportValue?[] inputs = [.. node.Inputs.Select(ValueOf)];
        ImportValue[] outputs = [];
        try
        {
            outputs = OperatorTable.Convert(new OperatorCall(node, inputs, this));
        }
        catch (UnsupportedException exception)
        {
            _problems.Add(node, exception.Message);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            _problems.Add(node, exception.Message.TrimEnd('.'));
        }

        for (int i = 0; i < node.Outputs.Length; i++)
        {
            if (node.Outputs[i].Length > 0)
                _values[node.Outputs[i]] = i < outputs.Length ? outputs[i] : UnknownValue.Instance;
        }
    }

    private ImportValue? ValueOf(string name)
    {
        if (name.Length == 0)
            return null;
        if (!_values.TryGetValue(name, out ImportValue? value))
            _values[name] = value = _tensors.Take(name);
        return value;
    }

    private Head? MakeHead(string output, string name)
    {
        switch (_values[name])
        {
            case FeatureValue { Shape.Length: 1 or 3 } value when Graph.ShapeOf(value.Node).AsSpan().SequenceEqual(value.Shape):
                return new Head(output, value.Node);
            case FeatureValue value:
                _problems.Add($"Output '{NameList.Shorten(output)}'",
                    $"it is of shape {OperatorCall.FormatBatch(value.Shape)}; vectors and feature maps are supported");
                return null;
            case ConstantValue:
                _problems.Add($"Output '{NameList.Shorten(output)}'", "it does not depend on the images");
                return null;
            default:
                if (!_problems.Any)
                    _problems.Add($"Output '{NameList.Shorten(output)}'", "it is a result of its operator that is not supported");
                return null;
        }
    }
}
