namespace ZipIt.Numerics;

/// <summary>
/// Neighbouring windows in a row of a feature map, channels last, for a convolution in which each channel sees itself only. All windows have the same taps: those
/// that lie inside the map. Distances are in floats.
/// </summary>
internal readonly unsafe struct ChannelWindows
{
    /// <summary>Number of windows.</summary>
    public int Count { get; init; }

    /// <summary>Number of channels.</summary>
    public int Channels { get; init; }

    /// <summary>Rows of taps in each window.</summary>
    public int Rows { get; init; }

    /// <summary>Taps in each row of a window.</summary>
    public int Columns { get; init; }

    /// <summary>The pixel under the first tap of the first window.</summary>
    public float* Source { get; init; }

    /// <summary>Distance of the windows.</summary>
    public nint WindowStride { get; init; }

    /// <summary>Distance of the taps of a row.</summary>
    public nint TapStride { get; init; }

    /// <summary>Distance of the rows of taps.</summary>
    public nint RowStride { get; init; }

    /// <summary>Weights [channels] of the first tap; those of the next tap of the row follow.</summary>
    public float* Weights { get; init; }

    /// <summary>Distance of the weights of two rows of taps.</summary>
    public nint WeightRowStride { get; init; }

    /// <summary>Biases [channels].</summary>
    public float* Bias { get; init; }
}
