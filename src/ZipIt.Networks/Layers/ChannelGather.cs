namespace ZipIt.Networks;

/// <summary>
/// Picks channels: output channel i is input channel <see cref="Sources"/>[i], [channels, h, w] → [sources, h, w]; the same on a vector.
/// It carries the unmerge matrix U where merged features leave for a part of the network that was not merged.
/// </summary>
public sealed record ChannelGather : Layer, IStoredLayer<ChannelGather>
{
    private readonly int[] _sources;

    /// <summary>Describes the layer.</summary>
    /// <param name="sources">For each output channel the input channel that it copies; at least 0.</param>
    /// <exception cref="ArgumentException">There are no sources, or one is negative.</exception>
    public ChannelGather(params ReadOnlySpan<int> sources)
    {
        if (sources.IsEmpty)
            throw new ArgumentException("A gather needs at least one source channel.", nameof(sources));
        foreach (int source in sources)
        {
            if (source < 0)
                throw new ArgumentException($"Expected source channels of at least 0, found {source}.", nameof(sources));
        }

        _sources = sources.ToArray();
    }

    /// <summary>For each output channel the input channel that it copies.</summary>
    public ReadOnlySpan<int> Sources => _sources;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Gather;

    /// <inheritdoc/>
    public override string Signature => Kind;

    /// <summary>Whether another gather picks the same channels.</summary>
    public bool Equals(ChannelGather? other) => other is not null && _sources.AsSpan().SequenceEqual(other._sources);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int source in _sources)
            hash.Add(source);
        return hash.ToHashCode();
    }

    static ChannelGather IStoredLayer<ChannelGather>.Read(LayerReader reader) => new(reader.ReadInt32s());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteInt32s(_sources);
}
