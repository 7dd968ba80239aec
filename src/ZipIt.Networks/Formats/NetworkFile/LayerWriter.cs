namespace ZipIt.Networks;

/// <summary>Writes tensors and attributes of one layer of a <see cref="NetworkFile"/>.</summary>
/// <param name="writer">Receives them.</param>
/// <param name="node">The layer's node.</param>
internal sealed class LayerWriter(HashedWriter writer, Node node)
{
    public void WriteInt32(int value) => writer.WriteInt32(value);

    public void WriteInt32s(ReadOnlySpan<int> values)
    {
        writer.WriteInt32(values.Length);
        foreach (int value in values)
            writer.WriteInt32(value);
    }

    public void WriteSingle(float value) => writer.WriteSingle(value);

    public void WriteBoolean(bool value) => writer.WriteBoolean(value);

    public void WriteSize(Size2 size)
    {
        writer.WriteInt32(size.Height);
        writer.WriteInt32(size.Width);
    }

    /// <summary>Writes a tensor; of one that may be absent first whether it is there.</summary>
    /// <exception cref="ArgumentException">Its values would not be read back.</exception>
    public void WriteParameter(LayerParameter parameter)
    {
        if (parameter.IsOptional)
            writer.WriteBoolean(parameter.Value is not null);
        if (parameter.Value is not { } tensor)
            return;
        if (parameter.Role.FindFault(tensor) is { } fault)
            throw new ArgumentException($"Node '{node.Name}' ({node.Layer.Kind}) holds {fault}.", nameof(parameter));
        writer.WriteTensor(tensor);
    }
}
