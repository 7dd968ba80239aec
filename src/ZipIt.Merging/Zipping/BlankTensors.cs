namespace ZipIt.Merging;

/// <summary>Tensors of zeros that share their memory, for networks of which only the shapes count.</summary>
internal sealed class BlankTensors
{
    private float[] _zeros = [];

    /// <summary>A tensor of a shape; it must not be written to.</summary>
    public Tensor Get(ReadOnlySpan<int> shape)
    {
        int count = SparseRows.CountElements(shape);
        if (_zeros.Length < count)
            _zeros = new float[count];
        return new Tensor(_zeros.AsMemory(0, count), shape);
    }
}
