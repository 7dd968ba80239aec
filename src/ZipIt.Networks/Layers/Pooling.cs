namespace ZipIt.Networks;

/// <summary>Takes one value per window and channel: [channels, h, w] → [channels, h', w'].</summary>
public abstract record Pool2d : Layer
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
}

/// <summary>Largest value of each window.</summary>
public sealed record MaxPool2d : Pool2d
{
    /// <summary>Describes the layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Kernel or stride is not positive, or padding exceeds half the kernel.</exception>
    public MaxPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null, bool ceilingMode = false)
        : base(kernel, stride, padding, ceilingMode)
    {
    }
}

/// <summary>Mean value of each window.</summary>
public sealed record AvgPool2d : Pool2d
{
    /// <summary>Describes the layer.</summary>
    /// <param name="countPadding">Whether padding counts as zeros in the mean (PyTorch's default) or is left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">Kernel or stride is not positive, or padding exceeds half the kernel.</exception>
    public AvgPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null, bool ceilingMode = false, bool countPadding = true)
        : base(kernel, stride, padding, ceilingMode) => CountPadding = countPadding;

    /// <summary>Whether padding counts as zeros in the mean.</summary>
    public bool CountPadding { get; }
}

/// <summary>Mean over all pixels: [channels, h, w] → [channels, 1, 1].</summary>
public sealed record GlobalAveragePool : Layer;
