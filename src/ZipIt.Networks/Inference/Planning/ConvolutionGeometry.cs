namespace ZipIt.Networks;

/// <summary>Sizes of a convolution; a fully connected layer is one on a single pixel.</summary>
internal readonly record struct ConvolutionGeometry
{
    /// <summary>The geometry of a convolution.</summary>
    /// <param name="node">The node of the network, which names it in messages.</param>
    /// <param name="layer">The convolution, which may have other input channels than the node's.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="output">What it writes.</param>
    public ConvolutionGeometry(Node node, Conv2d layer, PlannedValue input, PlannedValue output)
    {
        (Rows, Columns) = (WindowAxis.OfRows(node, input.Height), WindowAxis.OfColumns(node, input.Width));
        if (Rows.Output != output.Height || Columns.Output != output.Width || layer.InputChannels != input.Channels || layer.OutputChannels != output.Channels)
            throw new InvalidOperationException($"The plan of node {node} has other sizes than its windows.");
        (Kernel, Stride, Padding, Dilation, Groups) = (layer.Kernel, layer.Stride, layer.Padding, layer.Dilation, layer.Groups);
        (InputChannels, InputHeight, InputWidth) = (input.Channels, input.Height, input.Width);
        (OutputChannels, OutputHeight, OutputWidth) = (output.Channels, output.Height, output.Width);
    }

    /// <summary>The geometry of a fully connected layer.</summary>
    public ConvolutionGeometry(Linear layer)
    {
        (Kernel, Stride, Padding, Dilation, Groups) = (1, 1, 0, 1, 1);
        (InputChannels, InputHeight, InputWidth) = (layer.Inputs, 1, 1);
        (OutputChannels, OutputHeight, OutputWidth) = (layer.Outputs, 1, 1);
    }

    /// <summary>The windows along the rows, proven to stay inside; nothing for a fully connected layer.</summary>
    public WindowAxis Rows { get; }

    /// <summary>The windows along the columns, proven to stay inside; nothing for a fully connected layer.</summary>
    public WindowAxis Columns { get; }

    public Size2 Kernel { get; }

    public Size2 Stride { get; }

    public Size2 Padding { get; }

    public Size2 Dilation { get; }

    public int Groups { get; }

    public int InputChannels { get; }

    public int InputHeight { get; }

    public int InputWidth { get; }

    public int OutputChannels { get; }

    public int OutputHeight { get; }

    public int OutputWidth { get; }

    public int GroupInputs => InputChannels / Groups;

    public int GroupOutputs => OutputChannels / Groups;

    /// <summary>Whether each output pixel sees the input pixel of its own place only.</summary>
    public bool IsPointwise => Kernel == (Size2)1 && Stride == (Size2)1 && Padding == (Size2)0;
}
