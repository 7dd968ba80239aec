using System.Buffers;
using ZipIt.Networks.Kernels;

namespace ZipIt.Networks;

/// <summary>A session of <see cref="CpuEngine"/>: the memory for a plan's values, and the threads that run it.</summary>
internal sealed unsafe class CpuSession : INetworkSession, IParallelWork
{
    private readonly ExecutionPlan _plan;
    private readonly WorkerTeam _team;
    private readonly AlignedBuffer _memory;
    private readonly AlignedBuffer?[] _scratch;
    private readonly Batch _batch;
    private readonly int[] _firstBlocks;
    private Step[] _wave = [];
    private bool _disposed;

    public CpuSession(ExecutionPlan plan, int threads)
    {
        _plan = plan;
        _team = new WorkerTeam(threads);
        _memory = AlignedBuffer.Uninitialized(plan.MemorySize);
        _scratch = new AlignedBuffer?[_team.Threads];
        _batch = new Batch(plan, _memory.Pointer) { Threads = _team.Threads };
        _firstBlocks = new int[plan.Waves.Max(wave => wave.Length) + 1];
    }

    /// <inheritdoc/>
    public Network Network => _plan.Network;

    /// <inheritdoc/>
    public int MaximumBatchSize => _plan.MaximumBatchSize;

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<float> images, int batchSize)
    {
        if (Network.Inputs.Count != 1)
            throw new ArgumentException($"The network has {Network.Inputs.Count} inputs, found one.", nameof(images));
        CheckBatch(batchSize);
        CheckInput(0, images.Length, batchSize, nameof(images));
        fixed (float* pointer = images)
        {
            _batch.SetInput(0, pointer);
            RunWaves(batchSize);
        }
    }

    /// <inheritdoc/>
    public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (Network.Inputs.Count != inputs.Count)
            throw new ArgumentException($"The network has {Network.Inputs.Count} inputs, found {inputs.Count}.", nameof(inputs));
        CheckBatch(batchSize);
        for (int i = 0; i < inputs.Count; i++)
            CheckInput(i, inputs[i].Length, batchSize, nameof(inputs));

        var handles = new MemoryHandle[inputs.Count];
        try
        {
            for (int i = 0; i < handles.Length; i++)
            {
                handles[i] = inputs[i].Pin();
                _batch.SetInput(i, (float*)handles[i].Pointer);
            }

            RunWaves(batchSize);
        }
        finally
        {
            foreach (MemoryHandle handle in handles)
                handle.Dispose();
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetOutput(int head) => Read(_plan.Heads[head]);

    /// <inheritdoc/>
    public ReadOnlySpan<float> GetTap(int tap) => Read(_plan.Taps[tap]);

    /// <inheritdoc/>
    public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance)
    {
        int index = 0;
        while (index < _plan.Normalizations.Count && !ReferenceEquals(_plan.Normalizations[index], node))
            index++;
        if (index == _plan.Normalizations.Count)
        {
            Network.IndexOf(node);
            throw new InvalidOperationException($"The session measures no batch statistics at node {node}.");
        }

        _batch.Normalizations[index].Mean.CopyTo(mean);
        _batch.Normalizations[index].Variance.CopyTo(variance);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private void RunWaves(int batchSize)
    {
        _batch.Images = batchSize;
        _team.Gather();
        try
        {
            foreach (Step[] wave in _plan.Waves)
            {
                _wave = wave;
                for (int i = 0; i < wave.Length; i++)
                    _firstBlocks[i + 1] = _firstBlocks[i] + wave[i].CountBlocks(batchSize, _batch.Threads);
                _team.Run(this, _firstBlocks[wave.Length]);
            }
        }
        finally
        {
            _team.Dismiss();
        }
    }

    /// <inheritdoc/>
    void IParallelWork.Run(int block, int worker)
    {
        int step = 0;
        while (block >= _firstBlocks[step + 1])
            step++;
        AlignedBuffer scratch = _scratch[worker] ??= AlignedBuffer.Uninitialized(_plan.ScratchSize);
        _wave[step].Run(_batch, block - _firstBlocks[step], scratch.Pointer);
    }

    private ReadOnlySpan<float> Read(PlannedValue value) => new(_batch.At(value), _batch.Images * value.ImageSize);

    private void CheckBatch(int batchSize)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (batchSize < 1 || batchSize > MaximumBatchSize)
            throw new ArgumentOutOfRangeException(nameof(batchSize), $"Expected 1 to {MaximumBatchSize} images, found {batchSize}.");
    }

    private void CheckInput(int index, int count, int batchSize, string name)
    {
        Node input = Network.Inputs[index];
        ReadOnlySpan<int> shape = Network.ShapeOf(input);
        long expected = (long)batchSize * shape[0] * shape[1] * shape[2];
        if (count != expected)
            throw new ArgumentException($"Input '{input.Name}' takes {expected} values for {batchSize} images, found {count}.", name);
    }
}
