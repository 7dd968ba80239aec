using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// A dense, row-major array of 32-bit floats with a known shape. Images are stored as [batch, channels, height, width].
/// </summary>
/// <remarks>
/// A tensor does not copy what it is given: <see cref="Reshape"/> and <see cref="Slice"/> are views over the same memory.
/// Tensors that are part of a <see cref="Network"/> must not be written to after the network was built.
/// </remarks>
public sealed class Tensor
{
    private readonly Memory<float> _values;
    private readonly int[] _shape;

    /// <summary>Makes a tensor of zeros.</summary>
    /// <param name="shape">Extent of every dimension; an empty shape is a scalar.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative, or the number of elements exceeds <see cref="int.MaxValue"/>.</exception>
    public Tensor(params ReadOnlySpan<int> shape)
        : this(AlignedBuffer.AllocateMemory(CountElements(shape)), shape)
    {
    }

    /// <summary>Makes a tensor over existing memory, which is not copied.</summary>
    /// <param name="values">The elements in row-major order.</param>
    /// <param name="shape">Extent of every dimension; their product must equal the number of <paramref name="values"/>.</param>
    /// <exception cref="ArgumentException">The shape does not hold as many elements as there are values.</exception>
    public Tensor(Memory<float> values, params ReadOnlySpan<int> shape)
    {
        int count = CountElements(shape);
        if (count != values.Length)
            throw new ArgumentException($"A tensor of shape {FormatShape(shape)} has {count} elements, but {values.Length} values were given.", nameof(values));
        _values = values;
        _shape = shape.ToArray();
    }

    /// <summary>Extent of every dimension.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>Number of dimensions.</summary>
    public int Rank => _shape.Length;

    /// <summary>Number of elements.</summary>
    public int Length => _values.Length;

    /// <summary>The elements in row-major order.</summary>
    public Span<float> Span => _values.Span;

    /// <summary>The elements in row-major order.</summary>
    public Memory<float> Memory => _values;

    /// <summary>Extent of one dimension.</summary>
    /// <param name="dimension">Zero-based index of the dimension.</param>
    public int this[int dimension] => _shape[dimension];

    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public Tensor Reshape(params ReadOnlySpan<int> shape) => new(_values, shape);

    /// <summary>A view of the rows <paramref name="start"/> … <paramref name="start"/> + <paramref name="count"/> − 1 along the first dimension.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside the tensor.</exception>
    public Tensor Slice(int start, int count)
    {
        if (Rank == 0)
            throw new InvalidOperationException("A scalar has no first dimension to slice.");
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _shape[0] - start);

        int rowLength = _shape[0] == 0 ? 0 : Length / _shape[0];
        int[] shape = [.. _shape];
        shape[0] = count;
        return new Tensor(_values.Slice(start * rowLength, count * rowLength), shape);
    }

    /// <summary>A copy in memory of its own.</summary>
    public Tensor Clone()
    {
        Memory<float> copy = AlignedBuffer.AllocateMemory(Length);
        Span.CopyTo(copy.Span);
        return new Tensor(copy, _shape);
    }

    /// <summary>Whether every element is a finite number.</summary>
    public bool IsFinite() => Length == 0 || float.IsFinite(TensorPrimitives.MaxMagnitude<float>(Span));

    /// <summary>Whether both tensors have the same shape.</summary>
    public bool HasShape(params ReadOnlySpan<int> shape) => shape.SequenceEqual(_shape);

    /// <summary>The shape as text, e.g. <c>[16, 3, 3, 3]</c>.</summary>
    public override string ToString() => FormatShape(_shape);

    /// <summary>Writes a shape the way messages show it, e.g. <c>[16, 3, 3, 3]</c>.</summary>
    public static string FormatShape(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    private static int CountElements(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            count *= extent;
            if (count > Array.MaxLength)
                throw new ArgumentOutOfRangeException(nameof(shape), $"A tensor of shape {FormatShape(shape)} has more than {Array.MaxLength} elements.");
        }

        return (int)count;
    }
}
