using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What a pair of units reads at all pixels of the images that it is fitted on, and what the second unit should give there.</summary>
internal sealed class PairMaps : IDisposable
{
    private readonly BufferPool _pool;
    private readonly AlignedBuffer _targets;
    private readonly Dictionary<Node, AlignedBuffer> _values = []; // [images, height, width, channels]

    /// <summary>Prepares maps.</summary>
    /// <param name="pair">The units.</param>
    /// <param name="images">The images.</param>
    /// <param name="targets">What the second unit should give for them [images, pixels, channels]; goes back to the pool with the maps.</param>
    /// <param name="pool">Memory.</param>
    public PairMaps(RefitPair pair, ImageSubset images, AlignedBuffer targets, BufferPool pool)
    {
        (Images, _targets, _pool) = (images, targets, pool);
        Needed = [.. new[] { pair.First.Layers[0].Input }.Concat(pair.Second.Layers.Select(layer => layer.Input).Where(node => node != pair.Hidden))
            .Concat(pair.Second.Others).Distinct()];
    }

    /// <summary>The images that the pair is fitted on.</summary>
    public ImageSubset Images { get; }

    /// <summary>What the second unit should give [images, pixels, channels].</summary>
    public ReadOnlyMemory<float> Targets => _targets.Memory;

    /// <summary>Nodes whose values must be captured: what both units read, except the hidden features.</summary>
    public IReadOnlyList<Node> Needed { get; }

    /// <summary>Takes a node's values for one batch.</summary>
    /// <param name="node">One of <see cref="Needed"/>.</param>
    /// <param name="values">Its values [images, height, width, channels].</param>
    /// <param name="firstImage">Number of the batch's first image.</param>
    /// <param name="images">The images, counted from there.</param>
    public void Capture(Node node, ReadOnlySpan<float> values, int firstImage, ReadOnlySpan<int> images)
    {
        if (images.IsEmpty)
            return;
        int length = values.Length / images.Length;
        if (!_values.TryGetValue(node, out AlignedBuffer? map))
            _values.Add(node, map = _pool.Rent(checked(Images.Count * length)));
        for (int i = 0; i < images.Length; i++)
        {
            int place = Images.PlaceOf(firstImage + images[i]);
            if (place >= 0)
                values.Slice(i * length, length).CopyTo(map.Span[(place * length)..]);
        }
    }

    /// <summary>A node's value for one of the images, by its place among them.</summary>
    public ReadOnlySpan<float> Get(Node node, int place)
    {
        Span<float> values = _values[node].Span;
        int length = values.Length / Images.Count;
        return values.Slice(place * length, length);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (AlignedBuffer values in _values.Values)
            _pool.Return(values);
        _values.Clear();
        _pool.Return(_targets);
    }
}
