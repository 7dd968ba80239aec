namespace ZipIt.Networks;

/// <summary>Kinds of layers in a stored network. The numbers are part of the format: they never change and are never used again.</summary>
internal enum NetworkFileLayer : byte
{
    Input = 1,
    Conv2d = 2,
    Linear = 3,
    BatchNorm2d = 4,
    ChannelAffine = 5,
    ChannelGather = 6,
    ReLU = 7,
    Clip = 8,
    LeakyReLU = 9,
    Tanh = 10,
    Sigmoid = 11,
    SiLU = 12,
    GELU = 13,
    MaxPool2d = 14,
    AvgPool2d = 15,
    GlobalAveragePool = 16,
    Add = 17,
    Concat = 18,
    Flatten = 19,
    Softmax = 20,
}
