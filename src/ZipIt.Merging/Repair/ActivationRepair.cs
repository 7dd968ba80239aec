using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Gives the layers of a zipped network back the mean and the deviation that their outputs had in the members, where no batch normalization does it (REPAIR,
/// Jordan et al. 2023: a scale and a shift per channel): averaged features vary less than the features that were averaged. Networks whose normalization was
/// folded when they were exported are repaired like this.
/// </summary>
/// <remarks>
/// The mean and the deviation of a merged feature shall be the averages, weighted as the features were merged, of what its sources have in their own networks.
/// One pass measures all convolutions at once: for its time each has a batch normalization behind it, with the wanted deviation and mean as scale and shift, so
/// that what a layer sees is repaired already. Fully connected layers follow one by one.
/// </remarks>
internal sealed class ActivationRepair
{
    /// <summary>Far below the variance of any feature, which the repair must not shrink.</summary>
    private const float Epsilon = 1e-8f;

    private readonly MergedNetwork _merged;
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly ZipOptions _options;
    private readonly Node[] _layers;

    private ActivationRepair(MergedNetwork merged, IReadOnlyList<ZipMember> members, ZipOptions options)
    {
        (_merged, _members, _options) = (merged, members, options);
        _layers = [.. FindLayers(merged)];
    }

    /// <summary>Repairs a zipped network; batch normalization that it has is reset in the same pass.</summary>
    /// <param name="merged">The zipped network.</param>
    /// <param name="members">The networks that it was made of.</param>
    /// <param name="images">Calibration images of all tasks, mixed.</param>
    /// <param name="options">Engine, threads and batch size.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are no images.</exception>
    public static Network Apply(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, CancellationToken cancellationToken)
    {
        var repair = new ActivationRepair(merged, members, options);
        return repair._layers.Length == 0
            ? BatchNormReset.Apply(merged.Network, images, options.Engine, options.BatchSize, options.Threads, cancellationToken)
            : repair.Run(images, cancellationToken);
    }

    /// <summary>
    /// Layers with a bias that no normalization follows, except those whose outputs are scores: convolutions that are normalized elsewhere, as in a network
    /// that normalizes before its activations, have no bias.
    /// </summary>
    private static IEnumerable<Node> FindLayers(MergedNetwork merged)
    {
        Network network = merged.Network;
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        var leadsOn = new bool[network.Nodes.Count]; // whether another layer with weights follows
        for (int i = network.Nodes.Count - 1; i >= 0; i--)
            leadsOn[i] = consumers[i].Any(consumer => consumer.Layer.HasWeights || leadsOn[network.IndexOf(consumer)]);
        for (int i = 0; i < network.Nodes.Count; i++)
        {
            Node node = network.Nodes[i];
            bool hasBias = node.Layer is Conv2d { Bias: not null } or Linear { Bias: not null };
            if (hasBias && leadsOn[i] && merged.Origins.ContainsKey(node) && !consumers[i].Any(consumer => consumer.Layer is BatchNorm2d or InstanceNorm2d))
                yield return node;
        }
    }

    private Network Run(IImageSource images, CancellationToken cancellationToken)
    {
        Dictionary<Node, Moments>[] own = [.. _members.Select((member, m) =>
        {
            IEnumerable<NodeOrigin.Source> sources = _layers.SelectMany(layer => _merged.Origins[layer].Sources).Where(source => source.Member == m);
            return Measure(member.Network, [.. sources.Select(source => source.Node).Distinct()], images, cancellationToken);
        })];
        Dictionary<string, Moments> wanted = _layers.ToDictionary(layer => layer.Name, layer => Combine(_merged.Origins[layer], own));
        Network network = RepairConvolutions(wanted, images, cancellationToken);
        foreach (Node layer in _layers.Where(layer => layer.Layer is Linear))
        {
            Node present = network[layer.Name];
            Moments found = Measure(network, [present], images, cancellationToken)[present];
            Layer repaired = Fold(present.Layer, found.ToNormalization(wanted[layer.Name]));
            network = network.Replace(node => ReferenceEquals(node, present) ? repaired : node.Layer);
        }

        return network;
    }

    /// <summary>Mean and deviation that a zipped node shall have.</summary>
    private static Moments Combine(NodeOrigin origin, Dictionary<Node, Moments>[] own)
    {
        Moments first = own[origin.Sources[0].Member][origin.Sources[0].Node];
        if (origin.IsCopy)
            return first;
        var sum = new Moments(origin.Sources[0].Rows?.Length ?? first.Mean.Length);
        foreach (NodeOrigin.Source source in origin.Sources)
        {
            Moments moments = own[source.Member][source.Node];
            for (int c = 0; c < sum.Mean.Length; c++)
            {
                ReadOnlySpan<FeatureMap.Entry> entries = source.Rows is { } rows ? rows[c] : [new FeatureMap.Entry(c, 1)];
                foreach (FeatureMap.Entry entry in entries)
                {
                    sum.Mean[c] += entry.Weight * moments.Mean[entry.Index];
                    sum.Deviation[c] += Math.Abs(entry.Weight) * moments.Deviation[entry.Index];
                }
            }
        }

        return sum;
    }

    private Network RepairConvolutions(Dictionary<string, Moments> wanted, IImageSource images, CancellationToken cancellationToken)
    {
        var rewriter = new NetworkRewriter(_merged.Network);
        var names = new Dictionary<string, string>();
        foreach (Node layer in _layers.Where(layer => layer.Layer is Conv2d))
        {
            string name = rewriter.FindFreeName($"{layer.Name}.repair");
            names.Add(layer.Name, name);
            rewriter.InsertBehind(layer, name, wanted[layer.Name].ToNormalization());
        }

        Network normalized = BatchNormReset.Apply(rewriter.ToNetwork(), images, _options.Engine, _options.BatchSize, _options.Threads, cancellationToken);
        return _merged.Network.Replace(node => names.TryGetValue(node.Name, out string? name)
            ? Fold(node.Layer, (BatchNorm2d)normalized[name].Layer)
            : normalized[node.Name].Layer);
    }

    private static Layer Fold(Layer layer, BatchNorm2d normalization)
    {
        ChannelAffine affine = ChannelAffine.Of(normalization);
        if (layer is Conv2d conv)
        {
            (Tensor weight, Tensor bias) = new FoldedWeights(conv.Weight, conv.Bias, affine).ToTensors();
            return conv.With(weight, bias);
        }

        var linear = (Linear)layer;
        (Tensor weights, Tensor biases) = new FoldedWeights(linear.Weight, linear.Bias, affine).ToTensors();
        return new Linear(weights, biases);
    }

    /// <summary>
    /// Mean and deviation of each channel of some nodes. Images are added one after the other, so that sums do not depend on how many run together.
    /// </summary>
    private Dictionary<Node, Moments> Measure(Network network, Node[] nodes, IImageSource images, CancellationToken cancellationToken)
    {
        const long TapBytes = 512L << 20;
        long values = nodes.Sum(node => LengthOf(network.ShapeOf(node)));
        int batchSize = (int)Math.Clamp(TapBytes / (Math.Max(values, 1) * sizeof(float)), 1, _options.BatchSize);
        Dictionary<Node, Sums> sums = nodes.ToDictionary(node => node, node => new Sums(network.ShapeOf(node)[0]));
        using INetworkSession session = _options.Engine.CreateSession(
            network, new SessionOptions { MaximumBatchSize = batchSize, Threads = _options.Threads, Taps = [.. nodes.Select(node => node.Name)] });
        foreach (ImageBatch batch in images.ReadBatches(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            session.Run(batch.Pixels.Span, batch.Count);
            for (int i = 0; i < nodes.Length; i++)
                sums[nodes[i]].Add(session.GetTap(i));
        }

        return sums.ToDictionary(entry => entry.Key, entry => entry.Value.ToMoments());
    }

    private static long LengthOf(ReadOnlySpan<int> shape)
    {
        long length = 1;
        foreach (int extent in shape)
            length *= extent;
        return length;
    }

    /// <summary>Mean and deviation of each channel.</summary>
    private sealed class Moments(int channels)
    {
        public double[] Mean { get; } = new double[channels];

        public double[] Deviation { get; } = new double[channels];

        /// <summary>A normalization, of whatever statistics, to this mean and this deviation.</summary>
        public BatchNorm2d ToNormalization()
        {
            var ones = new Tensor(channels);
            ones.Span.Fill(1);
            return new BatchNorm2d(ToTensor(Deviation), ToTensor(Mean), new Tensor(channels), ones, Epsilon);
        }

        /// <summary>The normalization of these statistics to wanted ones.</summary>
        public BatchNorm2d ToNormalization(Moments wanted) =>
            wanted.ToNormalization().With(ToTensor(Mean), ToTensor(Array.ConvertAll(Deviation, deviation => deviation * deviation)));

        private static Tensor ToTensor(double[] values) => new(Array.ConvertAll(values, value => (float)value), values.Length);
    }

    /// <summary>Sums over images and pixels.</summary>
    private sealed class Sums(int channels)
    {
        private readonly double[] _sum = new double[channels];
        private readonly double[] _squares = new double[channels];
        private readonly double[] _origin = new double[channels]; // a value of each channel, near which the others are: their squares do not cancel
        private long _count;

        /// <summary>Adds values, channels last.</summary>
        public void Add(ReadOnlySpan<float> values)
        {
            for (; !values.IsEmpty; values = values[channels..], _count++)
            {
                for (int c = 0; c < channels; c++)
                {
                    if (_count == 0)
                        _origin[c] = values[c];
                    double distance = values[c] - _origin[c];
                    _sum[c] += distance;
                    _squares[c] += distance * distance;
                }
            }
        }

        public Moments ToMoments()
        {
            var moments = new Moments(channels);
            for (int c = 0; c < channels; c++)
            {
                double mean = _sum[c] / Math.Max(_count, 1);
                double unbiased = Math.Max(_squares[c] - _count * mean * mean, 0) / Math.Max(_count - 1, 1);
                moments.Mean[c] = _origin[c] + mean;
                moments.Deviation[c] = Math.Sqrt(unbiased);
            }

            return moments;
        }
    }
}
