namespace ZipIt.Networks;

/// <summary>
/// Lists the tensors that an architecture expects, layer by layer. The number of a layer's outputs is read from the checkpoint, everything else follows from
/// the layers before, so that a tensor that does not fit its neighbours is noticed.
/// </summary>
internal sealed class WeightList(StateDictionary weights, string architecture)
{
    private const int LargestWidth = 1 << 20;

    private readonly List<ParameterShape> _parameters = [];

    /// <summary>What was listed so far.</summary>
    public IReadOnlyList<ParameterShape> Parameters => _parameters;

    public bool Has(string name) => weights.ContainsKey(name);

    /// <summary>Number of inputs of a network's first convolution.</summary>
    public int ImageChannelsOf(string module) => Expect(module, 4)[1];

    /// <summary>A square convolution.</summary>
    /// <returns>Its outputs.</returns>
    public int Conv(string module, int inputs, int kernel, int groups, bool hasBias = false)
    {
        int outputs = Expect(module, 4)[0];
        _parameters.Add(ParameterShape.ConvWeight(module, outputs, inputs / groups, kernel));
        if (hasBias)
            _parameters.Add(ParameterShape.Bias(module, outputs));
        return outputs;
    }

    /// <summary>A convolution of each channel alone.</summary>
    public void Depthwise(string module, int channels, int kernel) => _parameters.Add(ParameterShape.ConvWeight(module, channels, 1, kernel));

    /// <summary>A batch normalization.</summary>
    public void Norm(string module, int channels) => _parameters.AddRange(ParameterShape.Norm(module, channels));

    /// <summary>The last layer, under the usual name or, if it is the only fully connected one, under its own.</summary>
    /// <returns>Its name.</returns>
    public string Linear(string usual, int inputs)
    {
        const string Weight = ".weight";
        string[] linears = [.. weights.Where(pair => pair.Value.Rank == 2 && pair.Key.EndsWith(Weight, StringComparison.Ordinal))
            .Select(pair => pair.Key[..^Weight.Length])];
        string module = linears is [var only] ? only : usual;
        _parameters.AddRange(ParameterShape.Linear(module, Expect(module, 2)[0], inputs));
        return module;
    }

    /// <summary>Extent of a convolution's kernel.</summary>
    public int KernelOf(string module) => Expect(module, 4)[2];

    private Tensor Expect(string module, int rank)
    {
        string name = module + ".weight";
        if (!weights.TryGetValue(name, out Tensor? weight))
            throw new InvalidDataException($"'{weights.Source}' does not fit {architecture}: 1 tensor missing: '{name}'; it has {weights.DescribeNames()}.");
        if (weight.Rank != rank || weight.Length == 0 || weight[0] > LargestWidth)
        {
            throw new InvalidDataException($"'{weights.Source}' does not fit {architecture}: '{name}' should be of {rank} dimensions with at most {LargestWidth} outputs, is {weight}.");
        }

        return weight;
    }
}
