namespace ZipIt.Networks;

/// <summary>Mean value of each window.</summary>
public sealed record AvgPool2d : Pool2d, IStoredLayer<AvgPool2d>
{
    /// <summary>Describes the layer.</summary>
    /// <param name="countPadding">Whether padding counts as zeros in the mean (PyTorch's default) or is left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">Kernel or stride is not positive, or padding exceeds half the kernel.</exception>
    public AvgPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null, bool ceilingMode = false, bool countPadding = true)
        : base(kernel, stride, padding, ceilingMode) => CountPadding = countPadding;

    /// <summary>Whether padding counts as zeros in the mean.</summary>
    public bool CountPadding { get; }

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature}, count padding {CountPadding}";

    /// <inheritdoc/>
    public override bool AveragesPixels => true;

    private protected override void WriteAttributes(LayerWriter writer)
    {
        base.WriteAttributes(writer);
        writer.WriteBoolean(CountPadding);
    }

    static AvgPool2d IStoredLayer<AvgPool2d>.Read(LayerReader reader) =>
        new(reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadBoolean(), reader.ReadBoolean());
}
