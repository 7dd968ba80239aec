using System.Buffers;
using System.Diagnostics;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>A session of <see cref="CpuEngine"/>: the memory for a plan's values, and the threads that run it.</summary>
internal sealed unsafe class CpuSession : INetworkSession, IParallelWork
{
#if DEBUG
    private const int GuardLength = 64;
#else
    private const int GuardLength = 0;
#endif
    private const float GuardValue = -1.2345e-6f; // stands behind each buffer in debug builds

    private readonly ExecutionPlan _plan;
    private readonly BufferPool? _pool;
    private readonly List<AlignedBuffer> _buffers = [];
    private readonly WorkerTeam _team;
    private readonly AlignedBuffer _kept;
    private readonly AlignedBuffer?[] _scratch;
    private readonly float*[] _inputs;
    private readonly BatchNormState[] _normalizations;

    // Either each thread takes chunks of images through all steps …
    private readonly Batch?[] _chunks;
    private int _chunkSize;

    // … or all threads work on the steps of one wave after another, for all images.
    private readonly int[] _firstBlocks;
    private Batch? _whole;
    private Step[] _wave = [];

    // Whether a run is going on and whether the session was disposed; memory goes back to the pool when neither needs it.
    private const int Running = 1;
    private const int Disposed = 2;
    private int _state;
    private int _images;

    /// <summary>Makes a session.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="pool">Where the memory for values comes from; null for memory of the garbage collector.</param>
    public CpuSession(ExecutionPlan plan, int threads, BufferPool? pool = null)
    {
        (_plan, _pool) = (plan, pool);
        _team = new WorkerTeam(threads);
        _kept = Allocate(plan.KeptSize * plan.MaximumBatchSize);
        _scratch = new AlignedBuffer?[_team.Threads];
        _inputs = new float*[plan.Network.Inputs.Count];
        _normalizations = [.. plan.Normalizations.Select(node => new BatchNormState(((BatchNorm2d)node.Layer).Channels, plan.MaximumBatchSize))];
        _chunks = new Batch?[_team.Threads];
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
        Begin();
        try
        {
            fixed (float* pointer = images)
            {
                _inputs[0] = pointer;
                RunBatch(batchSize);
            }
        }
        finally
        {
            End();
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
        Begin();
        try
        {
            for (int i = 0; i < handles.Length; i++)
            {
                handles[i] = inputs[i].Pin();
                _inputs[i] = (float*)handles[i].Pointer;
            }

            RunBatch(batchSize);
        }
        finally
        {
            foreach (MemoryHandle handle in handles)
                handle.Dispose();
            End();
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

        _normalizations[index].Mean.CopyTo(mean);
        _normalizations[index].Variance.CopyTo(variance);
    }

    /// <inheritdoc/>
    /// <remarks>A run that is going on comes to its end first: nobody else gets its memory before.</remarks>
    public void Dispose()
    {
        if (Interlocked.Or(ref _state, Disposed) == 0)
            ReturnMemory();
    }

    private void Begin()
    {
        int state = Interlocked.CompareExchange(ref _state, Running, 0);
        ObjectDisposedException.ThrowIf((state & Disposed) != 0, this);
        if (state != 0)
            throw new InvalidOperationException("The session is running on another thread; it serves one at a time. Make a session for each thread.");
    }

    private void End()
    {
        AssertGuards();
        if ((Interlocked.And(ref _state, ~Running) & Disposed) != 0)
            ReturnMemory();
    }

    private void ReturnMemory()
    {
        foreach (AlignedBuffer buffer in _buffers)
            _pool?.Return(buffer);
        _buffers.Clear();
    }

    /// <summary>Asserts that nothing was written behind the end of a buffer.</summary>
    [Conditional("DEBUG")]
    private void AssertGuards()
    {
        foreach (AlignedBuffer buffer in _buffers)
            Debug.Assert(buffer.Span[^GuardLength..].IndexOfAnyExcept(GuardValue) < 0, "A step has written behind the end of a buffer.");
    }

    private void RunBatch(int batchSize)
    {
        _images = batchSize;
        _chunkSize = ChooseChunkSize(batchSize);
        using (_team.Gather())
        {
            if (_chunkSize > 0)
                _team.Run(this, (batchSize + _chunkSize - 1) / _chunkSize);
            else
                RunWaves();
        }
    }

    /// <summary>The plan's size, or a smaller one if there were too few chunks to keep all threads busy; 0 if there are not enough images.</summary>
    private int ChooseChunkSize(int batchSize)
    {
        const int ChunksPerThread = 2;
        if (batchSize < _team.Threads)
            return 0;
        int enough = _team.Threads == 1 ? batchSize : Math.Max(1, batchSize / (_team.Threads * ChunksPerThread));
        return Math.Min(_plan.ChunkSize, enough);
    }

    private void RunWaves()
    {
        _whole ??= new Batch(_plan, MaximumBatchSize, _team.Threads, Allocate) { Normalizations = _normalizations };
        int sliced = _images > _plan.Slices.Images ? _plan.Slices.Waves : 0;
        for (int first = 0; sliced > 0 && first < _images; first += _plan.Slices.Images)
        {
            _whole.Take(_inputs, _kept.Pointer, first, Math.Min(_plan.Slices.Images, _images - first));
            RunWaves(_whole, 0, sliced);
        }

        _whole.Take(_inputs, _kept.Pointer, 0, _images);
        RunWaves(_whole, sliced, _plan.Waves.Length);
    }

    private void RunWaves(Batch batch, int first, int last)
    {
        foreach (Step[] wave in _plan.Waves.AsSpan(first, last - first))
        {
            _wave = wave;
            for (int i = 0; i < wave.Length; i++)
                _firstBlocks[i + 1] = _firstBlocks[i] + wave[i].CountBlocks(batch.Images, batch.Threads);
            _team.Run(this, _firstBlocks[wave.Length]);
        }
    }

    /// <inheritdoc/>
    void IParallelWork.Run(int block, int worker)
    {
        AlignedBuffer scratch = _scratch[worker] ??= Allocate(_plan.ScratchSize);
        if (_chunkSize > 0)
        {
            RunChunk(block, worker, scratch.Pointer);
            return;
        }

        int step = FindStep(block);
        _wave[step].Run(_whole!, block - _firstBlocks[step], scratch.Pointer);
    }

    /// <summary>The step of the wave to which a block belongs: the last that begins no later. A wave may have very many.</summary>
    private int FindStep(int block)
    {
        int low = 0, high = _wave.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _firstBlocks[middle] <= block ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private void RunChunk(int chunk, int worker, float* scratch)
    {
        int first = chunk * _chunkSize;
        Batch batch = _chunks[worker] ??= new Batch(_plan, _plan.ChunkSize, 1, Allocate);
        batch.Take(_inputs, _kept.Pointer, first, Math.Min(_chunkSize, _images - first));
        foreach (Step[] wave in _plan.Waves)
        {
            foreach (Step step in wave)
            {
                int blocks = step.CountBlocks(batch.Images, 1);
                for (int block = 0; block < blocks; block++)
                    step.Run(batch, block, scratch);
            }
        }
    }

    private ReadOnlySpan<float> Read(PlannedValue value)
    {
        ObjectDisposedException.ThrowIf((Volatile.Read(ref _state) & Disposed) != 0, this);
        return new ReadOnlySpan<float>(_kept.Pointer + (nint)(value.Offset * MaximumBatchSize), _images * value.ImageSize);
    }

    /// <summary>Memory for some floats; several threads may ask at a time.</summary>
    private AlignedBuffer Allocate(long length)
    {
        int whole = checked((int)length + GuardLength);
        AlignedBuffer buffer = _pool?.Rent(whole) ?? AlignedBuffer.Uninitialized(whole);
        buffer.Span[(int)length..].Fill(GuardValue);
        lock (_buffers)
            _buffers.Add(buffer);
        return buffer;
    }

    private void CheckBatch(int batchSize)
    {
        ObjectDisposedException.ThrowIf((Volatile.Read(ref _state) & Disposed) != 0, this);
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
