namespace ZipIt.Merging;

/// <summary>Values that are written piece by piece and read later. Pieces that do not overlap may be written by several threads at a time.</summary>
internal interface ISampleValues
{
    /// <summary>Writes values.</summary>
    /// <param name="start">Place of the first one.</param>
    /// <param name="values">The values.</param>
    void Write(int start, ReadOnlySpan<float> values);

    /// <summary>Some values that were written; valid until the thread reads others.</summary>
    /// <param name="start">Place of the first one.</param>
    /// <param name="count">Their number.</param>
    ReadOnlySpan<float> Read(int start, int count);
}
