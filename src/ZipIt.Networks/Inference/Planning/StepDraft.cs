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
    /// <summary>
    /// Operations for one image, in units of a multiply-add of a large convolution: an estimate by sizes alone, measured once and the same on every processor.
    /// </summary>
    public double CountOperations()
    {
        const double Step = 400_000; // to be handed out, and to be waited for
        double pixels = Output.Pixels;
        return Step + Layer switch
        {
            Conv2d conv when DepthwiseStep.Fits(conv) => pixels * (256 + TapsOf(conv) * (128 + 5.0 * Output.Channels)),
            Conv2d conv when MayBeWinograd(conv) => pixels * 4 * conv.InputChannels * PadOutputs(conv.OutputChannels),
            Conv2d conv => pixels * conv.Groups * (256 + TapsOf(conv) * (128 + conv.Weight[1] * (1 + PadOutputs(conv.OutputChannels / conv.Groups)))),
            Linear linear => linear.Inputs * PadOutputs(linear.Outputs),
            Pool2d pool => pixels * Math.Min(pool.Kernel.Height, Inputs[0].Height) * Math.Min(pool.Kernel.Width,
            Inputs[0].Width) * (384 + 4.0 * Output.Channels),
            GlobalAveragePool => Inputs[0].Pixels * (384 + 4.0 * Output.Channels),
            Softmax => pixels * (2500 + 128.0 * Output.Channels),
            Activation => pixels * (64 + 96.0 * Output.Channels),
            _ => Inputs.Append(Output).Sum(value => value.Pixels * (64 + 16.0 * value.Channels)),
        };
    }

    /// <summary>Floats of packed weights: at least as many as any processor's kernels take.</summary>
    public double CountWeights()
    {
        switch (Layer)
        {
            case Conv2d conv when DepthwiseStep.Fits(conv):
                return conv.Weight.Length;
            case Conv2d conv when MayBeWinograd(conv):
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

    /// <summary>Whether some processor's kernels may compute a convolution by Winograd's method.</summary>
    private static bool MayBeWinograd(Conv2d conv) =>
        conv is { Groups: 1, Kernel: { Height: 3, Width: 3 }, Stride: { Height: 1, Width: 1 }, Dilation: { Height: 1, Width: 1 } }
        && conv.InputChannels % 4 == 0 && conv.OutputChannels % 4 == 0;

    private static double TapsOf(Conv2d conv) => (double)conv.Kernel.Height * conv.Kernel.Width;

    /// <summary>Outputs fill whole vectors, of 16 at most.</summary>
    private static double PadOutputs(int outputs) => (outputs + 15L) / 16 * 16;
}
