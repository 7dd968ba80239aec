using System.Buffers.Binary;
using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>Turns the stored tensors of an ONNX file into constants, once each and only those that are asked for.</summary>
/// <param name="source">Name of the file for messages.</param>
/// <param name="external">Where weights outside the file are; null if the file came as a stream.</param>
/// <param name="budget">Bounds the memory of whole numbers, which take up to eight times what they take in the file.</param>
internal sealed class StoredTensors(string source, ExternalData? external, MemoryBudget budget)
{
    private readonly Dictionary<string, TensorProto> _initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConstantValue> _constants = new(StringComparer.Ordinal);

    /// <summary>Adds a named tensor.</summary>
    /// <exception cref="InvalidDataException">There is another of that name.</exception>
    public void Add(TensorProto tensor)
    {
        if (!_initializers.TryAdd(tensor.Name, tensor))
            throw new InvalidDataException($"'{source}' holds two tensors called '{NameList.Shorten(tensor.Name)}'.");
    }

    public bool Contains(string name) => _initializers.ContainsKey(name);

    /// <summary>Whether a named tensor has one element.</summary>
    public bool IsScalar(string name) => _initializers[name].Dims.All(extent => extent == 1);

    /// <summary>The constant of a named tensor, whose stored bytes are let go.</summary>
    public ConstantValue Take(string name)
    {
        if (_constants.TryGetValue(name, out ConstantValue? constant))
            return constant;
        TensorProto tensor = _initializers[name];
        _constants.Add(name, constant = Read(tensor, name));
        tensor.ClearRawData();
        tensor.FloatData.Clear();
        return constant;
    }

    /// <summary>Makes a constant of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">Name of the tensor, or of the node that holds it, for messages.</param>
    /// <exception cref="InvalidDataException">Its shape and its data do not fit, or its type is not supported.</exception>
    public ConstantValue Read(TensorProto tensor, string name)
    {
        string shown = NameList.Shorten(name);
        ElementType type = TypeOf(tensor, shown);
        int[] shape = CheckShape(tensor, shown);
        long count = shape.Aggregate(1L, (product, extent) => product * extent);
        bool isInteger = type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16);
        if (isInteger)
            budget.Take(2 * count);
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            if (external is null)
                throw new InvalidDataException($"'{source}' keeps tensor '{shown}' in another file; load it by its path instead of from a stream.");
            byte[] bytes = external.Read(tensor, shown, count * type.Size());
            return isInteger ? ConstantValue.Of(ToIntegers(type, bytes), shape, name) : ConstantValue.Of(ToFloats(type, bytes, shape), name);
        }

        if (tensor.HasRawData)
        {
            ReadOnlySpan<byte> bytes = tensor.RawData.Span;
            if (bytes.Length != count * type.Size())
                throw Mismatch(shown, shape, count * type.Size(), bytes.Length, "bytes");
            return isInteger ? ConstantValue.Of(ToIntegers(type, bytes), shape, name) : ConstantValue.Of(ToFloats(type, bytes, shape), name);
        }

        return isInteger ? ConstantValue.Of(ReadIntegers(tensor, type, shape, count, shown), shape, name)
            : ConstantValue.Of(ReadFloats(tensor, type, shape, count, shown), name);
    }

    private ElementType TypeOf(TensorProto tensor, string name) => (TensorProto.Types.DataType)tensor.DataType switch
    {
        TensorProto.Types.DataType.Float => ElementType.Float32,
        TensorProto.Types.DataType.Float16 => ElementType.Float16,
        TensorProto.Types.DataType.Bfloat16 => ElementType.BFloat16,
        TensorProto.Types.DataType.Double => ElementType.Float64,
        TensorProto.Types.DataType.Int64 => ElementType.Int64,
        TensorProto.Types.DataType.Int32 => ElementType.Int32,
        TensorProto.Types.DataType.Int16 => ElementType.Int16,
        TensorProto.Types.DataType.Int8 => ElementType.Int8,
        TensorProto.Types.DataType.Uint8 => ElementType.UInt8,
        TensorProto.Types.DataType.Bool => ElementType.Bool,
        var type => throw new InvalidDataException($"'{source}', tensor '{name}': elements of type {type} are not supported."),
    };

    private int[] CheckShape(TensorProto tensor, string name)
    {
        if (tensor.Dims.Count > MemoryBudget.MaximumRank)
            throw new InvalidDataException($"'{source}', tensor '{name}' has {tensor.Dims.Count} dimensions; at most {MemoryBudget.MaximumRank} are supported.");
        long count = 1;
        foreach (long extent in tensor.Dims)
        {
            if (extent < 0 || extent > Array.MaxLength || (count *= extent) > Array.MaxLength)
            {
                throw new InvalidDataException(
                    $"'{source}', tensor '{name}' of shape [{string.Join(", ", tensor.Dims)}] is no tensor of at most {Array.MaxLength} elements.");
            }
        }

        return [.. tensor.Dims.Select(extent => (int)extent)];
    }

    private static Tensor ToFloats(ElementType type, ReadOnlySpan<byte> bytes, int[] shape)
    {
        var tensor = new Tensor(shape);
        type.ToFloats(bytes, tensor.Span);
        return tensor;
    }

    private static long[] ToIntegers(ElementType type, ReadOnlySpan<byte> bytes)
    {
        var values = new long[bytes.Length / type.Size()];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> element = bytes.Slice(i * type.Size(), type.Size());
            values[i] = type switch
            {
                ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(element),
                ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
                ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
                ElementType.Int8 => (sbyte)element[0],
                _ => element[0],
            };
        }

        return values;
    }

    private Tensor ReadFloats(TensorProto tensor, ElementType type, int[] shape, long count, string name)
    {
        int found = type switch
        {
            ElementType.Float32 => tensor.FloatData.Count,
            ElementType.Float64 => tensor.DoubleData.Count,
            _ => tensor.Int32Data.Count,
        };
        if (found != count)
            throw Mismatch(name, shape, count, found, "values");
        var values = new Tensor(shape);
        switch (type)
        {
            case ElementType.Float32:
                for (int i = 0; i < found; i++)
                    values.Span[i] = tensor.FloatData[i];
                break;
            case ElementType.Float64:
                for (int i = 0; i < found; i++)
                    values.Span[i] = (float)tensor.DoubleData[i];
                break;
            case ElementType.Float16:
                for (int i = 0; i < found; i++)
                    values.Span[i] = (float)BitConverter.UInt16BitsToHalf((ushort)tensor.Int32Data[i]);
                break;
            default:
                for (int i = 0; i < found; i++)
                    values.Span[i] = BitConverter.Int32BitsToSingle(tensor.Int32Data[i] << 16);
                break;
        }

        return values;
    }

    private long[] ReadIntegers(TensorProto tensor, ElementType type, int[] shape, long count, string name)
    {
        int found = type == ElementType.Int64 ? tensor.Int64Data.Count : tensor.Int32Data.Count;
        if (found != count)
            throw Mismatch(name, shape, count, found, "values");
        return type == ElementType.Int64 ? [.. tensor.Int64Data] : [.. tensor.Int32Data.Select(value => (long)value)];
    }

    private InvalidDataException Mismatch(string name, int[] shape, long expected, long found, string unit) =>
        new($"'{source}', tensor '{name}' of shape {Tensor.FormatShape(shape)} needs {expected} {unit}, found {found}.");
}
