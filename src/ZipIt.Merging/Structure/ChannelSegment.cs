namespace ZipIt.Merging;

/// <summary>A run of consecutive channels of a value that belong to one feature space.</summary>
/// <param name="Space">Index of the space in <see cref="FeatureSpaces"/>.</param>
/// <param name="Channels">Number of channels of the space.</param>
/// <param name="Repeats">How many consecutive features stand for one channel: 1, or the number of pixels behind a <see cref="Networks.Flatten"/>.</param>
public readonly record struct ChannelSegment(int Space, int Channels, int Repeats)
{
    /// <summary>Number of channels or features of the value that the segment spans.</summary>
    public int Length => Channels * Repeats;
}
