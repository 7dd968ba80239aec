namespace ZipIt.Networks;

/// <summary>The images of a run, and where their values lie.</summary>
internal sealed unsafe class Batch(ExecutionPlan plan, float* memory)
{
    private readonly float*[] _inputs = new float*[plan.Network.Inputs.Count];

    /// <summary>Number of images.</summary>
    public int Images { get; set; }

    /// <summary>Number of threads that share the work.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>What the batch normalizations measured, in the order of <see cref="ExecutionPlan.Normalizations"/>.</summary>
    public BatchNormState[] Normalizations { get; } = [.. plan.Normalizations.Select(node => new BatchNormState(((BatchNorm2d)node.Layer).Channels, plan.MaximumBatchSize))];

    /// <summary>Address of a value: that of the first image.</summary>
    public float* At(PlannedValue value) => memory + value.Offset;

    /// <summary>What the caller gave as the input of a number.</summary>
    public float* GetInput(int index) => _inputs[index];

    /// <summary>Sets what <see cref="GetInput"/> gives.</summary>
    public void SetInput(int index, float* values) => _inputs[index] = values;
}
