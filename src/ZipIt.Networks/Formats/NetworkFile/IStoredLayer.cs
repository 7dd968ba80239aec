namespace ZipIt.Networks;

/// <summary>Is implemented by layers that a <see cref="NetworkFile"/> can hold.</summary>
internal interface IStoredLayer
{
    /// <summary>Writes the attributes, which follow the tensors; nothing unless the layer has any.</summary>
    void WriteAttributes(LayerWriter writer)
    {
    }
}

/// <inheritdoc/>
/// <typeparam name="TSelf">The kind of layer.</typeparam>
internal interface IStoredLayer<TSelf> : IStoredLayer
    where TSelf : Layer, IStoredLayer<TSelf>
{
    /// <summary>
    /// Reads the tensors, in the order of <see cref="Layer.Parameters"/>, then the attributes. The layer's constructor checks what they mean.
    /// </summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    /// <exception cref="ArgumentException">The values make no layer.</exception>
    static abstract TSelf Read(LayerReader reader);
}
