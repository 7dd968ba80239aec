namespace ZipIt.Networks;

/// <summary>
/// One operation of a plan: layers that were fused, with their weights packed. A step is immutable and can run in many sessions at a time.
/// It falls into blocks; a block's results do not depend on how many there are.
/// </summary>
internal abstract unsafe class Step(PlannedValue[] inputs, PlannedValue output)
{
    /// <summary>The values that it reads.</summary>
    public PlannedValue[] Inputs { get; } = inputs;

    /// <summary>The value that it writes.</summary>
    public PlannedValue Output { get; } = output;

    /// <summary>Number of weights as they are stored.</summary>
    public virtual int WeightCount => 0;

    /// <summary>Number of floats of scratch memory that each thread needs.</summary>
    public virtual int ScratchSize => 0;

    /// <summary>Into how many blocks the work falls.</summary>
    /// <param name="images">Number of images in the batch.</param>
    /// <param name="threads">Number of threads that share the work.</param>
    public abstract int CountBlocks(int images, int threads);

    /// <summary>Does one block.</summary>
    /// <param name="batch">The batch, its size and the number of threads: those that <see cref="CountBlocks"/> was asked about.</param>
    /// <param name="block">Number of the block.</param>
    /// <param name="scratch">At least <see cref="ScratchSize"/> floats that no other block uses at the same time.</param>
    public abstract void Run(Batch batch, int block, float* scratch);
}
