namespace ZipIt.Networks;

/// <summary>The kinds of layers that a <see cref="NetworkFile"/> can hold, and their numbers.</summary>
/*
 * A layer's tensors come first, in the order of its Parameters, then its attributes.
 *
 *   Input              int32 channels, height, width
 *   Conv2d             tensor weight, optional tensor bias, size stride, padding, dilation, int32 groups
 *   Linear             tensor weight, optional tensor bias
 *   BatchNorm2d        tensor weight, bias, mean, variance, float32 epsilon
 *   ChannelAffine      tensor scale, shift
 *   InstanceNorm2d     tensor weight, bias, float32 epsilon
 *   ChannelGather      int32 number of sources, int32 … sources
 *   Clip               float32 lower, upper
 *   LeakyReLU          float32 slope
 *   GELU               bool tanh approximation
 *   ELU                float32 alpha
 *   MaxPool2d          size kernel, stride, padding, bool ceiling mode
 *   AvgPool2d          the same, bool count padding
 *   all others         tensors alone
 *
 *   size = int32 height, int32 width;   bool = byte 0 or 1;   optional = bool, and the value if it is 1
 */
internal static class StoredLayers
{
    /// <summary>The numbers are part of the format: they never change and are never used again.</summary>
    private static readonly StoredKind[] Kinds =
    [
        Of<Input>(1),
        Of<Conv2d>(2),
        Of<Linear>(3),
        Of<BatchNorm2d>(4),
        Of<ChannelAffine>(5),
        Of<ChannelGather>(6),
        Of<ReLU>(7),
        Of<Clip>(8),
        Of<LeakyReLU>(9),
        Of<Tanh>(10),
        Of<Sigmoid>(11),
        Of<SiLU>(12),
        Of<GELU>(13),
        Of<MaxPool2d>(14),
        Of<AvgPool2d>(15),
        Of<GlobalAveragePool>(16),
        Of<Add>(17),
        Of<Concat>(18),
        Of<Flatten>(19),
        Of<Softmax>(20),
        Of<PReLU>(21),
        Of<InstanceNorm2d>(22),
        Of<HardSwish>(23),
        Of<ELU>(24),
    ];

    private static readonly Dictionary<Type, byte> Numbers = Kinds.ToDictionary(kind => kind.Type, kind => kind.Number);
    private static readonly Dictionary<byte, Func<LayerReader, Layer>> Readers = Kinds.ToDictionary(kind => kind.Number, kind => kind.Read);

    /// <summary>Number of a node's kind of layer.</summary>
    /// <exception cref="NotSupportedException">The format cannot store it.</exception>
    public static byte NumberOf(Node node) => Numbers.TryGetValue(node.Layer.GetType(), out byte number)
        ? number
        : throw new NotSupportedException($"Node '{node.Name}' has a layer of kind {node.Layer.Kind}, which the format cannot store.");

    /// <summary>Writes a node's layer.</summary>
    /// <exception cref="ArgumentException">It holds values that would not be read back.</exception>
    public static void Write(HashedWriter writer, Node node)
    {
        var layer = new LayerWriter(writer, node);
        foreach (LayerParameter parameter in node.Layer.Parameters)
            layer.WriteParameter(parameter);
        ((IStoredLayer)node.Layer).WriteAttributes(layer);
    }

    /// <summary>Reads one layer.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or there is no such kind.</exception>
    /// <exception cref="ArgumentException">The values make no layer.</exception>
    public static Layer Read(HashedReader reader, string node, byte number) => Readers.TryGetValue(number, out Func<LayerReader, Layer>? read)
        ? read(new LayerReader(reader, node))
        : throw reader.Fail($"node '{NameList.Shorten(node)}' has a layer of unknown kind {number}");

    private static StoredKind Of<TLayer>(byte number)
        where TLayer : Layer, IStoredLayer<TLayer> => new(number, typeof(TLayer), TLayer.Read);

    private sealed record StoredKind(byte Number, Type Type, Func<LayerReader, Layer> Read);
}
