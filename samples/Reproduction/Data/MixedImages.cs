namespace Reproduction.Data;

/// <summary>The images of several sets one after the other; the classes of all count.</summary>
internal sealed class MixedImages : LabelledImages
{
    private readonly LabelledImages[] _sets;
    private readonly int[] _ends;
    private readonly int[] _offsets;

    /// <summary>Joins sets of images of one shape.</summary>
    /// <param name="sets">The sets; each class has another name.</param>
    public MixedImages(params ReadOnlySpan<LabelledImages> sets)
        : base([.. sets.ToArray().SelectMany(set => set.Labels)], [.. sets[0].Shape])
    {
        _sets = sets.ToArray();
        _ends = new int[_sets.Length];
        _offsets = new int[_sets.Length];
        for (int i = 0, end = 0, offset = 0; i < _sets.Length; i++)
        {
            _ends[i] = end += _sets[i].Count;
            _offsets[i] = offset;
            offset += _sets[i].Labels.Count;
            if (!_sets[i].Shape.SequenceEqual(Shape))
                throw new ArgumentException($"Images of {string.Join('×', Shape)} and of {string.Join('×', _sets[i].Shape)} values cannot be mixed.", nameof(sets));
        }
    }

    /// <inheritdoc/>
    public override int Count => _ends[^1];

    /// <inheritdoc/>
    public override int ClassOf(int image)
    {
        int set = SetOf(image);
        return _offsets[set] + _sets[set].ClassOf(image - _ends[set] + _sets[set].Count);
    }

    /// <inheritdoc/>
    public override void Read(int image, Span<float> pixels)
    {
        int set = SetOf(image);
        _sets[set].Read(image - _ends[set] + _sets[set].Count, pixels);
    }

    private int SetOf(int image) => Array.FindIndex(_ends, end => image < end);
}
