namespace ZipIt.Networks;

/// <summary>
/// A planned network with its buffers: runs batch after batch without allocating. A session serves one thread at a time; it may use
/// several threads inside. Results do not depend on the number of threads, nor on how images are grouped into batches (except with
/// <see cref="SessionOptions.BatchStatistics"/>, where a batch is what is normalized over, and with engines that say that their last digits do).
/// </summary>
public interface INetworkSession : IDisposable
{
    /// <summary>The network that is run.</summary>
    Network Network { get; }

    /// <summary>Largest number of images per run.</summary>
    int MaximumBatchSize { get; }

    /// <summary>Runs a network with one input.</summary>
    /// <param name="images">Batch of inputs [batch, channels, height, width] ([batch, height, width, channels] with
    /// <see cref="SessionOptions.ChannelsLastInputs"/>).</param>
    /// <param name="batchSize">Number of images, 1 … <see cref="MaximumBatchSize"/>.</param>
    /// <exception cref="ArgumentException">The number of values does not match the batch size, or the network has more than one input.</exception>
    void Run(ReadOnlySpan<float> images, int batchSize);

    /// <summary>Runs a network with any number of inputs.</summary>
    /// <param name="inputs">One batch for each node of <see cref="Network.Inputs"/>, in that order.</param>
    /// <param name="batchSize">Number of images, 1 … <see cref="MaximumBatchSize"/>.</param>
    /// <exception cref="ArgumentException">The number of inputs or of their values does not match.</exception>
    void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize);

    /// <summary>
    /// Output of the latest run: [batch, features] for vectors, [batch, height, width, channels] (channels last) for feature maps. Valid until the next run.
    /// </summary>
    /// <param name="head">Index of the output in <see cref="Network.Heads"/>.</param>
    ReadOnlySpan<float> GetOutput(int head);

    /// <summary>
    /// Value of a tapped node in the latest run, channels last: [batch, height, width, channels], or [batch, features]. Valid until the next run.
    /// </summary>
    /// <param name="tap">Index of the node in <see cref="SessionOptions.Taps"/>.</param>
    ReadOnlySpan<float> GetTap(int tap);

    /// <summary>
    /// Mean and biased variance over batch and pixels that a <see cref="BatchNorm2d"/> node saw at its input in the latest run.
    /// </summary>
    /// <param name="node">A batch-normalization node of the network.</param>
    /// <param name="mean">Receives one mean per channel.</param>
    /// <param name="variance">Receives one variance per channel, divided by the number of values.</param>
    /// <exception cref="InvalidOperationException">The session was made without <see cref="SessionOptions.BatchStatistics"/>.</exception>
    void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance);
}
