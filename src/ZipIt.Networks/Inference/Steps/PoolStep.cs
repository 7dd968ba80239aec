using System.Diagnostics;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Largest or mean value of each window. A block is a row of windows.</summary>
internal sealed unsafe class PoolStep : Step
{
    private readonly Pool2d _layer;
    private readonly WindowAxis _rows;
    private readonly WindowAxis _columns;
    private readonly KernelSet _kernels;

    /// <summary>Plans a pool.</summary>
    /// <param name="node">The node, whose layer is a <see cref="Pool2d"/>.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="output">What it writes.</param>
    /// <param name="kernels">The kernels.</param>
    public PoolStep(Node node, PlannedValue input, PlannedValue output, KernelSet kernels)
        : base([input], output)
    {
        (_layer, _rows, _columns, _kernels) = ((Pool2d)node.Layer, WindowAxis.OfRows(node, input.Height), WindowAxis.OfColumns(node, input.Width), kernels);
        if (_rows.Output != output.Height || _columns.Output != output.Width || input.Channels != output.Channels)
            throw new InvalidOperationException($"The plan of node {node} has other sizes than its windows.");
    }

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images * Output.Height;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        int channels = Output.Channels;
        (int image, int y) = Math.DivRem(block, Output.Height);
        (int top, int bottom, int paddedRows) = _rows.WindowAt(y);
        float* source = batch.At(input) + (nint)image * input.ImageSize;
        float* target = batch.At(Output) + (nint)block * Output.Width * channels;
        batch.AssertInside(input, source, input.ImageSize);
        batch.AssertInside(Output, target, (nint)Output.Width * channels);
        for (int x = 0; x < Output.Width; x++, target += channels)
        {
            (int left, int right, int paddedColumns) = _columns.WindowAt(x);
            Debug.Assert(top >= 0 && top < bottom && bottom <= input.Height && left >= 0 && left < right && right <= input.Width, "A window leaves its input.");
            if (_layer is MaxPool2d)
            {
                float* corner = source + ((nint)top * input.Width + left) * channels;
                new ReadOnlySpan<float>(corner, channels).CopyTo(new Span<float>(target, channels));
            }
            else
            {
                new Span<float>(target, channels).Clear();
            }

            for (int row = top; row < bottom; row++)
            {
                for (int column = left; column < right; column++)
                {
                    float* pixel = source + ((nint)row * input.Width + column) * channels;
                    if (_layer is MaxPool2d)
                        _kernels.AccumulateMaximum(pixel, target, channels);
                    else
                        _kernels.Accumulate(pixel, target, channels);
                }
            }

            if (_layer is AvgPool2d mean)
                _kernels.Scale(target, channels, 1f / (mean.CountPadding ? (long)paddedRows * paddedColumns : (bottom - top) * (right - left)));
        }
    }
}
