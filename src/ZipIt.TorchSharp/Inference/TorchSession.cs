using System.Runtime.InteropServices;
using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>A session of <see cref="TorchSharpEngine"/>: a plan, and copies of the values that are read from outside.</summary>
internal sealed class TorchSession : INetworkSession
{
    private readonly SessionOptions _options;
    private readonly TorchSharpEngineOptions _engineOptions;
    private readonly torch.Device _device;
    private readonly TorchPlan _plan;
    private readonly Dictionary<int, float[]> _visible = []; // by the index of the value
    private readonly int[] _heads;
    private readonly int[] _taps;
    private readonly Dictionary<Node, (double[] Mean, double[] Variance)> _statistics = new(ReferenceEqualityComparer.Instance);
    private int _images;
    private bool _disposed;

    /// <summary>Plans a network.</summary>
    /// <exception cref="NotSupportedException">A layer is not known; the message names the nodes.</exception>
    /// <exception cref="KeyNotFoundException">A tap names no node of the network.</exception>
    public TorchSession(Network network, SessionOptions options, TorchSharpEngineOptions engineOptions, torch.Device device)
    {
        (Network, _options, _engineOptions, _device) = (network, options, engineOptions, device);
        _plan = new TorchPlan(network, options, engineOptions, device);
        _heads = [.. network.Heads.Select(head => _plan.ValueOf(head.Node))];
        _taps = [.. options.Taps.Select(tap => _plan.ValueOf(network[tap]))];
        foreach (int value in _heads.Concat(_taps))
            _visible[value] = [];
    }

    /// <inheritdoc/>
    public Network Network { get; }

    /// <inheritdoc/>
    public int MaximumBatchSize => _options.MaximumBatchSize;

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<float> images, int batchSize)
    {
        if (Network.Inputs.Count != 1)
            throw new ArgumentException($"The network has {Network.Inputs.Count} inputs, found one.", nameof(images));
        CheckBatch(batchSize);
        CheckInput(Network.Inputs[0], images.Length, batchSize, nameof(images));
        using DisposeScope scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        RunBatch([Enter(Network.Inputs[0], images, batchSize)], batchSize);
    }

    /// <inheritdoc/>
    public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (Network.Inputs.Count != inputs.Count)
            throw new ArgumentException($"The network has {Network.Inputs.Count} inputs, found {inputs.Count}.", nameof(inputs));
        CheckBatch(batchSize);
        for (int i = 0; i < inputs.Count; i++)
            CheckInput(Network.Inputs[i], inputs[i].Length, batchSize, nameof(inputs));
        using DisposeScope scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        RunBatch([.. inputs.Select((input, i) => Enter(Network.Inputs[i], input.Span, batchSize))], batchSize);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetOutput(int head) => Read(_heads[head]);

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetTap(int tap) => Read(_taps[tap]);

    /// <inheritdoc/>
    public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance)
    {
        if (!_statistics.TryGetValue(node, out (double[] Mean, double[] Variance) statistics))
        {
            Network.IndexOf(node);
            throw new InvalidOperationException($"The session measures no batch statistics at node {node}.");
        }

        statistics.Mean.CopyTo(mean);
        statistics.Variance.CopyTo(variance);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _plan.Dispose();
    }

    private void RunBatch(torch.Tensor[] inputs, int batchSize)
    {
        var values = new torch.Tensor?[Network.Nodes.Count];
        for (int i = 0; i < inputs.Length; i++)
            values[Network.IndexOf(Network.Inputs[i])] = inputs[i];
        foreach (TorchStep step in _plan.Steps)
        {
            values[step.Output] = RunStep(step, [.. step.Inputs.Select(input => values[input]!)]);
            foreach (int released in step.Released)
                values[released]!.Dispose();
        }

        foreach (int value in _visible.Keys)
            Leave(value, values[value]!);
        _images = batchSize;
    }

    private torch.Tensor RunStep(TorchStep step, torch.Tensor[] inputs)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Node node = Network.Nodes[step.Output];
        torch.Tensor output = _plan.MeasuresBatch(node) ? NormalizeBatch(node, inputs[0], step.Parameters) : step.Function(inputs, step.Parameters, false);
        return output.MoveToOuterDisposeScope();
    }

    private torch.Tensor Enter(Node input, ReadOnlySpan<float> images, int batchSize)
    {
        ReadOnlySpan<int> shape = Network.ShapeOf(input);
        torch.Tensor batch = _options.ChannelsLastInputs
            ? TorchTensors.FromSpan(images, [batchSize, shape[1], shape[2], shape[0]]).permute(0, 3, 1, 2)
            : TorchTensors.FromSpan(images, [batchSize, shape[0], shape[1], shape[2]]);
        batch = batch.to(_engineOptions.BFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32, _device);
        return _engineOptions.ChannelsLast ? TorchTensors.ToChannelsLast(batch) : batch.contiguous();
    }

    /// <summary>Copies a value to where it is read from, channels last.</summary>
    private void Leave(int value, torch.Tensor batch)
    {
        if (batch.dim() == 4)
            batch = batch.permute(0, 2, 3, 1);
        if (_visible[value].Length != batch.NumberOfElements)
            _visible[value] = new float[batch.NumberOfElements];
        TorchTensors.CopyTo(batch, _visible[value]);
    }

    /// <summary>Normalizes with the mean and the biased variance of the batch, which are summed up in double precision.</summary>
    private torch.Tensor NormalizeBatch(Node node, torch.Tensor batch, torch.Tensor?[] parameters)
    {
        const torch.ScalarType Double = torch.ScalarType.Float64, Single = torch.ScalarType.Float32;
        long[] pixels = [0, 2, 3];
        var norm = (BatchNorm2d)node.Layer;
        torch.Tensor values = batch.to(Single);
        torch.Tensor mean = values.mean(pixels, true, Double);
        torch.Tensor center = mean.to(Single);
        torch.Tensor centered = values.sub(center);
        torch.Tensor offset = mean.sub(center.to(Double)); // what is lost where the mean is rounded
        torch.Tensor variance = centered.square().mean(pixels, true, Double).sub(offset.square());
        _statistics[node] = (ToArray(mean), ToArray(variance));

        torch.Tensor scale = parameters[0]!.to(Double).reshape(1, norm.Channels, 1, 1).div(variance.add(norm.Epsilon).sqrt());
        torch.Tensor shift = parameters[1]!.to(Double).reshape(1, norm.Channels, 1, 1).sub(offset.mul(scale));
        return centered.mul_(scale.to(Single)).add_(shift.to(Single)).to(batch.dtype);

        static double[] ToArray(torch.Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.cpu().contiguous().bytes).ToArray();
    }

    private ReadOnlySpan<float> Read(int value)
    {
        float[] values = _visible[value];
        return _images == 0 ? [] : values;
    }

    private void CheckBatch(int batchSize)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (batchSize < 1 || batchSize > MaximumBatchSize)
            throw new ArgumentOutOfRangeException(nameof(batchSize), $"Expected 1 to {MaximumBatchSize} images, found {batchSize}.");
    }

    private void CheckInput(Node input, int count, int batchSize, string name)
    {
        ReadOnlySpan<int> shape = Network.ShapeOf(input);
        long expected = (long)batchSize * shape[0] * shape[1] * shape[2];
        if (count != expected)
            throw new ArgumentException($"Input '{input.Name}' takes {expected} values for {batchSize} images, found {count}.", name);
    }
}
