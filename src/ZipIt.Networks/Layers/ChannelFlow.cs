namespace ZipIt.Networks;

/// <summary>
/// How the output channels of a layer depend on its input channels. Merging reads it: it tells which channels must be merged alike, and where weights can take
/// in a merge.
/// </summary>
public enum ChannelFlow
{
    /// <summary>The layer does not say. Neither the channels that it takes nor those that it gives can be merged.</summary>
    Undeclared,

    /// <summary>Channels come into being here: an input of the network.</summary>
    Enter,

    /// <summary>
    /// Each output channel is a function of the same channel of every input alone, as in an activation, a normalization, a pooling or a sum. Channels that meet
    /// here are merged alike.
    /// </summary>
    Keep,

    /// <summary>
    /// Each output channel is a linear function of all input channels, plus a constant: the weights can take in any linear map of the channels on both sides.
    /// </summary>
    Mix,

    /// <summary>As <see cref="Mix"/>, but groups of output channels see groups of input channels, so that channels cannot move between groups.</summary>
    MixInGroups,

    /// <summary>The output channels are the input channels still, but each depends on all of them, as in a softmax.</summary>
    Couple,

    /// <summary>The channels of all inputs, one input after the other.</summary>
    Concatenate,

    /// <summary>Each output channel is a copy of one input channel.</summary>
    Gather,

    /// <summary>Every pixel of a channel becomes a feature of its own: [channels, h, w] → [channels·h·w].</summary>
    Flatten,
}
