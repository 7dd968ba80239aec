namespace ZipIt.Networks;

/// <summary>Reads tensors and attributes of one layer of a <see cref="NetworkFile"/>.</summary>
/// <param name="reader">The file, at the layer.</param>
/// <param name="node">Name of the layer's node for messages.</param>
internal sealed class LayerReader(HashedReader reader, string node)
{
    public int ReadInt32() => reader.ReadInt32();

    public int[] ReadInt32s() => reader.ReadInt32s();

    public float ReadSingle() => reader.ReadSingle();

    public bool ReadBoolean() => reader.ReadBoolean();

    public Size2 ReadSize() => new(reader.ReadInt32(), reader.ReadInt32());

    /// <summary>A tensor that must be there.</summary>
    /// <param name="role">What it is for, if its values must meet a condition.</param>
    public Tensor ReadTensor(ParameterRole role = ParameterRole.Weight)
    {
        Tensor tensor = reader.ReadTensor();
        return role.FindFault(tensor) is { } fault ? throw reader.Fail($"node '{NameList.Shorten(node)}' holds {fault}") : tensor;
    }

    /// <summary>A tensor that may be absent.</summary>
    public Tensor? ReadOptionalTensor() => reader.ReadBoolean() ? ReadTensor() : null;
}
