namespace ZipIt.Networks;

/// <summary>A step that is not made yet: what it reads and writes, and what it will cost. Making it packs its weights.</summary>
/// <param name="Node">The node whose value it gives, for messages.</param>
/// <param name="Layer">Its first layer, which says what it costs.</param>
/// <param name="Inputs">The values that it reads.</param>
/// <param name="Output">The value that it writes.</param>
/// <param name="Awaited">Values that must be there before it, though it does not read them.</param>
/// <param name="Make">Makes the step.</param>
internal sealed record StepDraft(Node Node, Layer Layer, PlannedValue[] Inputs, PlannedValue Output, PlannedValue[] Awaited, Func<StepDraft, Step> Make)
{
    /// <summary>What any step costs: to be handed out, and to be waited for.</summary>
    private const double Overhead = 400_000;

    /// <summary>What a kernel costs that treats the channels of one pixel, beyond the channels.</summary>
    private const double CallOverhead = 128;

    /// <summary>What a value costs that is moved or goes through an activation.</summary>
    private const double ValueOverhead = 16;

    /// <summary>Operations for one image, in units of a multiply-add of a large convolution: an estimate by sizes alone, the same on every processor.</summary>
    public double CountOperations() => Overhead + Layer switch
    {
        Conv2d conv when DepthwiseStep.Fits(conv) => (double)Output.Pixels * TapsOf(conv) * (Output.Channels + CallOverhead),
        Conv2d conv => (double)Output.Pixels * conv.Groups * TapsOf(conv)
            * (conv.Weight[1] * PadOutputs(conv.OutputChannels / conv.Groups) + conv.Weight[1] + CallOverhead / 2),
        Linear linear => linear.Inputs * PadOutputs(linear.Outputs),
        Pool2d pool => (double)Output.Pixels * Math.Min(pool.Kernel.Height, Inputs[0].Height) * Math.Min(pool.Kernel.Width, Inputs[0].Width)
            * (Output.Channels + CallOverhead),
        _ => Inputs.Append(Output).Sum(value => value.ImageSize * ValueOverhead + value.Pixels * CallOverhead / 2),
    };

    /// <summary>Floats of packed weights: at least as many as any processor's kernels take.</summary>
    public double CountWeights()
    {
        switch (Layer)
        {
            case Conv2d conv when DepthwiseStep.Fits(conv):
                return conv.Weight.Length;
            case Conv2d { Groups: 1, Kernel: { Height: 3, Width: 3 }, Stride: { Height: 1, Width: 1 }, Dilation: { Height: 1, Width: 1 } } conv
                when conv.InputChannels % 4 == 0 && conv.OutputChannels % 4 == 0:
                return 36.0 * conv.InputChannels * PadOutputs(conv.OutputChannels);
            case Conv2d conv:
                const double MatrixOverhead = 8;
                return conv.Groups * (conv.Weight[1] * TapsOf(conv) * PadOutputs(conv.OutputChannels / conv.Groups) + MatrixOverhead);
            case Linear linear:
                return linear.Inputs * PadOutputs(linear.Outputs);
            default:
                return 0;
        }
    }

    private static double TapsOf(Conv2d conv) => (double)conv.Kernel.Height * conv.Kernel.Width;

    /// <summary>Outputs fill whole vectors, of 16 at most.</summary>
    private static double PadOutputs(int outputs) => (outputs + 15L) / 16 * 16;
}
