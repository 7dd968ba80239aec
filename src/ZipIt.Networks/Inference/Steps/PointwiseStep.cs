using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>operation(scale·x₀ + shift + x₁ + x₂ + …) for values of one shape: normalizations, sums and activations that follow no convolution.</summary>
internal sealed unsafe class PointwiseStep(
    PlannedValue[] inputs, PlannedValue output, ChannelScale? scale, int normalization, PostOperation operation, KernelSet kernels) : Step(inputs, output)
{
    /// <summary>Pixels that are treated together, so that they stay in the nearest cache between one summand and the next.</summary>
    private const int BlockSize = 16 * 1024;

    private int PixelsPerBlock => Math.Max(1, BlockSize / Output.Channels);

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => (int)(((long)images * Output.Pixels + PixelsPerBlock - 1) / PixelsPerBlock);

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        nint first = (nint)block * PixelsPerBlock;
        nint pixels = Math.Min(PixelsPerBlock, (nint)batch.Images * Output.Pixels - first);
        nint offset = first * Output.Channels;
        nint count = pixels * Output.Channels;
        float* target = batch.At(Output) + offset;
        float* source = batch.At(Inputs[0]) + offset;
        foreach (PlannedValue value in Inputs)
            batch.AssertInside(value, batch.At(value) + offset, count);
        batch.AssertInside(Output, target, count);
        if (normalization >= 0)
        {
            BatchNormState state = batch.Normalizations[normalization];
            kernels.Scale(source, target, pixels, Output.Channels, state.Scale.Pointer, state.Shift.Pointer);
        }
        else if (scale is not null)
        {
            kernels.Scale(source, target, pixels, Output.Channels, scale.Scale.Pointer, scale.Shift.Pointer);
        }
        else
        {
            new ReadOnlySpan<float>(source, (int)count).CopyTo(new Span<float>(target, (int)count));
        }

        for (int i = 1; i < Inputs.Length - 1; i++)
            kernels.Accumulate(batch.At(Inputs[i]) + offset, target, count);
        kernels.Finish(target, Inputs.Length > 1 ? batch.At(Inputs[^1]) + offset : null, count, operation);
    }
}
