using System.Numerics.Tensors;

namespace ZipIt.Networks;

/// <summary>Attributes and weights of the layers in a <see cref="NetworkFile"/>.</summary>
/*
 *   Input              int32 channels, height, width
 *   Conv2d             tensor weight, optional tensor bias, size stride, padding, dilation, int32 groups
 *   Linear             tensor weight, optional tensor bias
 *   BatchNorm2d        tensor weight, bias, mean, variance, float32 epsilon
 *   ChannelAffine      tensor scale, shift
 *   ChannelGather      int32 number of sources, int32 … sources
 *   Clip               float32 lower, upper
 *   LeakyReLU          float32 slope
 *   GELU               bool tanh approximation
 *   MaxPool2d          size kernel, stride, padding, bool ceiling mode
 *   AvgPool2d          the same, bool count padding
 *   all others         nothing
 *
 *   size = int32 height, int32 width;   bool = byte 0 or 1;   optional = bool, and the value if it is 1
 */
internal static class NetworkFileLayers
{
    public static NetworkFileLayer KindOf(Node node) => node.Layer switch
    {
        Input => NetworkFileLayer.Input,
        Conv2d => NetworkFileLayer.Conv2d,
        Linear => NetworkFileLayer.Linear,
        BatchNorm2d => NetworkFileLayer.BatchNorm2d,
        ChannelAffine => NetworkFileLayer.ChannelAffine,
        ChannelGather => NetworkFileLayer.ChannelGather,
        ReLU => NetworkFileLayer.ReLU,
        Clip => NetworkFileLayer.Clip,
        LeakyReLU => NetworkFileLayer.LeakyReLU,
        Tanh => NetworkFileLayer.Tanh,
        Sigmoid => NetworkFileLayer.Sigmoid,
        SiLU => NetworkFileLayer.SiLU,
        GELU => NetworkFileLayer.GELU,
        MaxPool2d => NetworkFileLayer.MaxPool2d,
        AvgPool2d => NetworkFileLayer.AvgPool2d,
        GlobalAveragePool => NetworkFileLayer.GlobalAveragePool,
        Add => NetworkFileLayer.Add,
        Concat => NetworkFileLayer.Concat,
        Flatten => NetworkFileLayer.Flatten,
        Softmax => NetworkFileLayer.Softmax,
        _ => throw new NotSupportedException($"Node '{node.Name}' has a layer of kind {node.Layer.Kind}, which the format cannot store."),
    };

    public static void Write(HashedWriter writer, Node node)
    {
        void WriteTensor(Tensor tensor) => writer.WriteTensor(tensor.IsFinite()
            ? tensor
            : throw new ArgumentException($"Node '{node.Name}' ({node.Layer.Kind}) holds weights that are not finite numbers.", nameof(node)));

        void WriteOptional(Tensor? tensor)
        {
            writer.WriteBoolean(tensor is not null);
            if (tensor is not null)
                WriteTensor(tensor);
        }

        switch (node.Layer)
        {
            case Input input:
                writer.WriteInt32(input.Channels);
                writer.WriteInt32(input.Height);
                writer.WriteInt32(input.Width);
                break;
            case Conv2d conv:
                WriteTensor(conv.Weight);
                WriteOptional(conv.Bias);
                writer.WriteSize(conv.Stride);
                writer.WriteSize(conv.Padding);
                writer.WriteSize(conv.Dilation);
                writer.WriteInt32(conv.Groups);
                break;
            case Linear linear:
                WriteTensor(linear.Weight);
                WriteOptional(linear.Bias);
                break;
            case BatchNorm2d norm:
                WriteTensor(norm.Weight);
                WriteTensor(norm.Bias);
                WriteTensor(norm.Mean);
                WriteTensor(norm.Variance);
                writer.WriteSingle(norm.Epsilon);
                break;
            case ChannelAffine affine:
                WriteTensor(affine.Scale);
                WriteTensor(affine.Shift);
                break;
            case ChannelGather gather:
                writer.WriteInt32(gather.Sources.Length);
                foreach (int channel in gather.Sources)
                    writer.WriteInt32(channel);
                break;
            case Clip clip:
                writer.WriteSingle(clip.Lower);
                writer.WriteSingle(clip.Upper);
                break;
            case LeakyReLU leaky:
                writer.WriteSingle(leaky.NegativeSlope);
                break;
            case GELU gelu:
                writer.WriteBoolean(gelu.TanhApproximation);
                break;
            case Pool2d pool:
                writer.WriteSize(pool.Kernel);
                writer.WriteSize(pool.Stride);
                writer.WriteSize(pool.Padding);
                writer.WriteBoolean(pool.CeilingMode);
                if (pool is AvgPool2d average)
                    writer.WriteBoolean(average.CountPadding);
                break;
        }
    }

    /// <summary>Reads one layer; its constructor checks what the values mean.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    /// <exception cref="ArgumentException">The values make no layer.</exception>
    public static Layer Read(HashedReader reader, string node, NetworkFileLayer kind)
    {
        Tensor ReadTensor() => reader.ReadTensor() is var tensor && tensor.IsFinite()
            ? tensor
            : throw reader.Fail($"node '{NameList.Shorten(node)}' holds weights that are not finite numbers");

        Tensor? ReadOptional() => reader.ReadBoolean() ? ReadTensor() : null;

        Tensor ReadVariance() => ReadTensor() is var variance && (variance.Length == 0 || TensorPrimitives.Min<float>(variance.Span) >= 0)
            ? variance
            : throw reader.Fail($"node '{NameList.Shorten(node)}' holds a negative variance");

        // Arguments are evaluated from left to right, which is the order in the file.
        return kind switch
        {
            NetworkFileLayer.Input => new Input(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32()),
            NetworkFileLayer.Conv2d =>
                new Conv2d(ReadTensor(), ReadOptional(), reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadInt32()),
            NetworkFileLayer.Linear => new Linear(ReadTensor(), ReadOptional()),
            NetworkFileLayer.BatchNorm2d => new BatchNorm2d(ReadTensor(), ReadTensor(), ReadTensor(), ReadVariance(), reader.ReadSingle()),
            NetworkFileLayer.ChannelAffine => new ChannelAffine(ReadTensor(), ReadTensor()),
            NetworkFileLayer.ChannelGather => new ChannelGather(reader.ReadInt32s()),
            NetworkFileLayer.ReLU => new ReLU(),
            NetworkFileLayer.Clip => new Clip(reader.ReadSingle(), reader.ReadSingle()),
            NetworkFileLayer.LeakyReLU => new LeakyReLU(reader.ReadSingle()),
            NetworkFileLayer.Tanh => new Tanh(),
            NetworkFileLayer.Sigmoid => new Sigmoid(),
            NetworkFileLayer.SiLU => new SiLU(),
            NetworkFileLayer.GELU => new GELU(reader.ReadBoolean()),
            NetworkFileLayer.MaxPool2d => new MaxPool2d(reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadBoolean()),
            NetworkFileLayer.AvgPool2d =>
                new AvgPool2d(reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadBoolean(), reader.ReadBoolean()),
            NetworkFileLayer.GlobalAveragePool => new GlobalAveragePool(),
            NetworkFileLayer.Add => new Add(),
            NetworkFileLayer.Concat => new Concat(),
            NetworkFileLayer.Flatten => new Flatten(),
            NetworkFileLayer.Softmax => new Softmax(),
            _ => throw reader.Fail($"node '{NameList.Shorten(node)}' has a layer of unknown kind {(byte)kind}"),
        };
    }
}
