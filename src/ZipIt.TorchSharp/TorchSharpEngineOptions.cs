namespace ZipIt.TorchSharp;

/// <summary>How <see cref="TorchSharpEngine"/> computes.</summary>
public sealed record TorchSharpEngineOptions
{
    /// <summary>
    /// Whether weights and values have 16 bits (bfloat16: the range of a float, two to three digits). Faster on processors and GPUs that compute with them;
    /// outputs and taps are floats still. Default false.
    /// </summary>
    public bool BFloat16 { get; init; }

    /// <summary>
    /// Whether feature maps lie in memory as [height, width, channels]. The results are the same but for rounding; which order is faster depends on the
    /// network and the device. Default false.
    /// </summary>
    public bool ChannelsLast { get; init; }
}
