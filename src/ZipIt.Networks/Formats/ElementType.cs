using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ZipIt.Networks;

/// <summary>How files store the elements of a tensor. In memory all of them become 32-bit floats.</summary>
internal enum ElementType
{
    Float32,
    Float16,
    BFloat16,
    Float64,
    Int64,
    Int32,
    Int16,
    Int8,
    UInt8,
    Bool,
}

internal static class ElementTypeExtensions
{
    /// <summary>Size of one element in bytes.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
        _ => 1,
    };

    /// <summary>Reads a tensor of little-endian elements.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="stream">Stands at the first element.</param>
    /// <param name="shape">Shape of the tensor.</param>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public static Tensor ReadTensor(this ElementType type, Stream stream, ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor(shape);
        if (tensor.Length == 0)
            return tensor;
        if (type == ElementType.Float32)
        {
            LittleEndian.ReadFloats(stream, tensor.Span);
            return tensor;
        }

        const int ChunkLength = 1 << 14;
        int size = type.Size();
        var chunk = new byte[Math.Min(ChunkLength, tensor.Length) * size];
        for (int done = 0; done < tensor.Length;)
        {
            int count = Math.Min(ChunkLength, tensor.Length - done);
            stream.ReadExactly(chunk.AsSpan(0, count * size));
            type.ToFloats(chunk.AsSpan(0, count * size), tensor.Span.Slice(done, count));
            done += count;
        }

        return tensor;
    }

    /// <summary>Converts little-endian elements to floats. Whole numbers beyond ±2²⁴ and 64-bit floats are rounded.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="source">The elements; <see cref="Size"/> bytes for each of <paramref name="target"/>.</param>
    /// <param name="target">Receives the values.</param>
    public static void ToFloats(this ElementType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        if (source.Length != (long)target.Length * type.Size())
            throw new ArgumentException($"Expected {target.Length} elements of {type.Size()} bytes, found {source.Length} bytes.", nameof(source));
        switch (type)
        {
            case ElementType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(target));
                if (!BitConverter.IsLittleEndian)
                    BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(target), MemoryMarshal.Cast<float, int>(target));
                break;
            case ElementType.Float16 when BitConverter.IsLittleEndian:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case ElementType.Float16:
                for (int i = 0; i < target.Length; i++)
                    target[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]);
                break;
            case ElementType.BFloat16:
                for (int i = 0; i < target.Length; i++)
                    target[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16);
                break;
            case ElementType.Float64:
                for (int i = 0; i < target.Length; i++)
                    target[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                break;
            case ElementType.Int64:
                for (int i = 0; i < target.Length; i++)
                    target[i] = BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]);
                break;
            case ElementType.Int32:
                for (int i = 0; i < target.Length; i++)
                    target[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]);
                break;
            case ElementType.Int16:
                for (int i = 0; i < target.Length; i++)
                    target[i] = BinaryPrimitives.ReadInt16LittleEndian(source[(2 * i)..]);
                break;
            case ElementType.Int8:
                for (int i = 0; i < target.Length; i++)
                    target[i] = (sbyte)source[i];
                break;
            case ElementType.UInt8:
                for (int i = 0; i < target.Length; i++)
                    target[i] = source[i];
                break;
            case ElementType.Bool:
                for (int i = 0; i < target.Length; i++)
                    target[i] = source[i] == 0 ? 0 : 1;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }
}
