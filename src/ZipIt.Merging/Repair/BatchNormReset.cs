using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Recomputes the running statistics of all batch normalizations of a network (REPAIR, Jordan et al. 2023): merging shrinks the variance of features, and
/// the statistics of the merged network make up for it.
/// </summary>
/// <remarks>
/// One pass in training mode: each batch is normalized with its own statistics, and the new running statistics are the mean over the batches, with the unbiased
/// variance, as PyTorch's cumulative average gives them. Every batch must mix images of all tasks: shuffle class-sorted images first
/// (<see cref="ShuffledImages"/>).
/// </remarks>
public static class BatchNormReset
{
    /// <summary>Computes new running statistics.</summary>
    /// <param name="network">The network, usually a merged one.</param>
    /// <param name="images">Images of all tasks, mixed.</param>
    /// <param name="engine">The engine to run the network with.</param>
    /// <param name="batchSize">Number of images that are normalized together; at least 2. A smaller last batch counts by its size.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The network with other running statistics; the same object if it has no batch normalization.</returns>
    /// <exception cref="ArgumentException">There are no images.</exception>
    public static Network Apply(
        Network network, IImageSource images, INetworkEngine engine, int batchSize = 100, int threads = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 2);
        Node[] norms = [.. network.Nodes.Where(node => node.Layer is BatchNorm2d)];
        if (norms.Length == 0)
            return network;

        var sums = norms.ToDictionary(node => node, node => new Statistics(((BatchNorm2d)node.Layer).Channels));
        long total = 0;
        using INetworkSession session =
            engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, BatchStatistics = true, Threads = threads });
        foreach (ImageBatch batch in images.ReadBatches(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            session.Run(batch.Pixels.Span, batch.Count);
            foreach (Node node in norms)
            {
                ReadOnlySpan<int> shape = network.ShapeOf(node);
                sums[node].Add(session, node, batch.Count, (long)batch.Count * shape[1] * shape[2]);
            }

            total += batch.Count;
        }

        if (total == 0)
            throw new ArgumentException("There are no calibration images to reset batch normalization with.", nameof(images));
        return network.Replace(node => sums.TryGetValue(node, out Statistics? statistics) ? statistics.ToLayer((BatchNorm2d)node.Layer, total) : node.Layer);
    }

    /// <summary>Sums over the batches, each batch weighted with its number of images.</summary>
    private sealed class Statistics(int channels)
    {
        private readonly double[] _mean = new double[channels];
        private readonly double[] _variance = new double[channels];
        private readonly double[] _batchMean = new double[channels];
        private readonly double[] _batchVariance = new double[channels];

        public void Add(INetworkSession session, Node node, int images, long values)
        {
            session.GetBatchStatistics(node, _batchMean, _batchVariance);
            double unbiased = values > 1 ? values / (double)(values - 1) : 1;
            for (int c = 0; c < channels; c++)
            {
                _mean[c] += images * _batchMean[c];
                _variance[c] += images * unbiased * _batchVariance[c];
            }
        }

        public BatchNorm2d ToLayer(BatchNorm2d layer, long images)
        {
            var mean = new Tensor(channels);
            var variance = new Tensor(channels);
            for (int c = 0; c < channels; c++)
            {
                mean.Span[c] = (float)(_mean[c] / images);
                variance.Span[c] = (float)(_variance[c] / images);
            }

            return layer.With(mean, variance);
        }
    }
}
