namespace ZipIt.Networks;

/// <summary>Largest value of each window.</summary>
public sealed record MaxPool2d : Pool2d, IStoredLayer<MaxPool2d>
{
    /// <summary>Describes the layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Kernel or stride is not positive, or padding exceeds half the kernel.</exception>
    public MaxPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null, bool ceilingMode = false)
        : base(kernel, stride, padding, ceilingMode)
    {
    }

    static MaxPool2d IStoredLayer<MaxPool2d>.Read(LayerReader reader) => new(reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadBoolean());
}
