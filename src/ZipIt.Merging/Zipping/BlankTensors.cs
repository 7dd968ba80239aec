using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Tensors of zeros for layers of which only the shapes matter. They share one piece of memory, as large as the largest of them; nobody may write to it.</summary>
internal sealed class BlankTensors
{
    private Memory<float> _zeros;

    /// <summary>A tensor of a shape.</summary>
    public Tensor Get(ReadOnlySpan<int> shape)
    {
        int length = SparseRows.CountElements(shape);
        if (_zeros.Length < length)
            _zeros = new float[length];
        return new Tensor(_zeros[..length], shape);
    }
}
