using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Multiplies negative values by the slopes of their channels. A block is some of the batch's pixels.</summary>
internal sealed unsafe class PReLUStep : Step
{
    private const int BlockSize = 16 * 1024; // values that are treated together

    private readonly KernelSet _kernels;
    private readonly AlignedBuffer _slopes;

    public PReLUStep(PReLU layer, PlannedValue input, PlannedValue output, KernelSet kernels)
        : base([input], output)
    {
        _kernels = kernels;
        _slopes = AlignedBuffer.Zeros(layer.Channels);
        layer.Slope.Span.CopyTo(_slopes.Span);
    }

    private int PixelsPerBlock => Math.Max(1, BlockSize / Output.Channels);

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => (int)(((long)images * Output.Pixels + PixelsPerBlock - 1) / PixelsPerBlock);

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        nint first = (nint)block * PixelsPerBlock;
        nint pixels = Math.Min(PixelsPerBlock, (nint)batch.Images * Output.Pixels - first);
        nint offset = first * Output.Channels;
        _kernels.ScaleNegative(batch.At(Inputs[0]) + offset, batch.At(Output) + offset, pixels, Output.Channels, _slopes.Pointer);
    }
}
