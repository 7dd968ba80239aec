namespace ZipIt.Networks;

/// <summary>Takes one value per window and channel: [channels, h, w] → [channels, h', w'].</summary>
public abstract record Pool2d : Layer, IStoredLayer
{
    private protected Pool2d(Size2 kernel, Size2? stride, Size2? padding, bool ceilingMode)
    {
        Kernel = kernel;
        Stride = stride ?? kernel;
        Padding = padding ?? 0;
        CeilingMode = ceilingMode;
        if (kernel.Height < 1 || kernel.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(kernel), $"Expected a positive kernel, found {kernel}.");
        if (Stride.Height < 1 || Stride.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(stride), $"Expected a positive stride, found {Stride}.");
        if (Padding.Height < 0 || Padding.Width < 0 || Padding.Height > kernel.Height / 2 || Padding.Width > kernel.Width / 2)
            throw new ArgumentOutOfRangeException(nameof(padding), $"Expected a padding between 0 and half the kernel {kernel}, found {Padding}.");
    }

    /// <summary>Extent of the window in pixels.</summary>
    public Size2 Kernel { get; }

    /// <summary>Distance between neighbouring windows in pixels.</summary>
    public Size2 Stride { get; }

    /// <summary>Pixels added on each side; they never win a maximum.</summary>
    public Size2 Padding { get; }

    /// <summary>Whether a last window that is only partly inside counts.</summary>
    public bool CeilingMode { get; }

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => $"{Kind} {Kernel}, stride {Stride}, padding {Padding}, ceiling {CeilingMode}";

    void IStoredLayer.WriteAttributes(LayerWriter writer) => WriteAttributes(writer);

    private protected virtual void WriteAttributes(LayerWriter writer)
    {
        writer.WriteSize(Kernel);
        writer.WriteSize(Stride);
        writer.WriteSize(Padding);
        writer.WriteBoolean(CeilingMode);
    }
}
