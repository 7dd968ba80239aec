namespace ZipIt.Networks;

/// <summary>Where values enter the network: a feature map [channels, height, width], usually an image.</summary>
public sealed record Input : Layer, IStoredLayer<Input>
{
    /// <summary>Describes an input.</summary>
    /// <param name="channels">Number of channels (3 for colour images).</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public Input(int channels, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        (Channels, Height, Width) = (channels, height, width);
    }

    /// <summary>Number of channels.</summary>
    public int Channels { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Enter;

    /// <inheritdoc/>
    public override string Signature => Kind;

    internal override int? InputCount => 0;

    static Input IStoredLayer<Input>.Read(LayerReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());

    void IStoredLayer.WriteAttributes(LayerWriter writer)
    {
        writer.WriteInt32(Channels);
        writer.WriteInt32(Height);
        writer.WriteInt32(Width);
    }
}
