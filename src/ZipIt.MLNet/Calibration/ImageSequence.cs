namespace ZipIt.MLNet;

/// <summary>
/// Recognizes whether images are those that were read before, in the same order, without keeping them: by a hash of all images up to each one. Takes at most
/// half a mebibyte: for more than 65,536 images, only every second hash is kept, then every fourth, and so on.
/// </summary>
internal sealed class ImageSequence
{
    private const int Capacity = 1 << 16;

    private readonly List<ulong> _marks = []; // the hash after every stride-th image
    private long _stride = 1;
    private long _known;
    private ulong _last;

    /// <summary>Begins to compare or, where nothing is known yet, to learn.</summary>
    public Reading Read() => new(this);

    private void Learn(long count, ulong hash)
    {
        (_known, _last) = (count, hash);
        if (count % _stride != 0)
            return;
        if (_marks.Count == Capacity)
        {
            for (int i = 0; i < Capacity / 2; i++)
                _marks[i] = _marks[(2 * i) + 1];
            _marks.RemoveRange(Capacity / 2, Capacity / 2);
            _stride *= 2;
        }

        if (count % _stride == 0)
            _marks.Add(hash);
    }

    private bool Recognizes(long count, ulong hash) =>
        (count != _known || hash == _last) && (count % _stride != 0 || hash == _marks[(int)(count / _stride) - 1]);

    /// <summary>One pass over the images.</summary>
    public sealed class Reading(ImageSequence sequence)
    {
        private ulong _hash;

        /// <summary>Number of images of this pass.</summary>
        public long Count { get; private set; }

        /// <summary>Takes the next image.</summary>
        /// <returns>False if the images were other ones in an earlier pass; with very many images a change is seen a little later.</returns>
        public bool Accept(ReadOnlySpan<float> pixels)
        {
            _hash = ImageHash.Append(_hash, pixels);
            Count++;
            if (Count <= sequence._known)
                return sequence.Recognizes(Count, _hash);
            sequence.Learn(Count, _hash);
            return true;
        }
    }
}
