using System.Numerics;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Measures the <see cref="StatisticsShift"/> of some networks on images that pass by. The first images are all run; the more have passed, the rarer further
/// ones are, and the more each counts, so that images in whatever order are represented. They are drawn out of step with the order, in which tasks or classes
/// may take turns.
/// </summary>
internal sealed class ShiftMeter : IDisposable
{
    private const double Golden = 0.6180339887498949;
    private const int LargestBatch = 32;
    private const int MostFirstImages = 64;
    private const int FewestFirstImages = 16; // from 128×128 pixels on
    private const int FirstPixels = 1 << 18;
    private const long TapBytes = 128L << 20; // values of normalizations that are held at a time, for each network

    private readonly Probe?[] _probes;
    private readonly float[] _pixels;
    private readonly double[] _weights;
    private readonly int _length;
    private int _waiting;
    private long _passed;

    /// <summary>Prepares the measurement.</summary>
    /// <param name="networks">The networks, which all take the same images.</param>
    /// <param name="engine">What runs them.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public ShiftMeter(IReadOnlyList<Network> networks, INetworkEngine engine, int threads)
    {
        _probes = [.. networks.Select(network => network.Nodes.Any(node => node.Layer is BatchNorm2d) ? new Probe(network, engine, threads) : null)];
        int capacity = _probes.Min(probe => probe?.Capacity ?? LargestBatch);
        ReadOnlySpan<int> shape = networks[0].ShapeOf(networks[0].Inputs[0]);
        _length = LengthOf(shape);
        FirstImages = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(FirstPixels / Math.Max(_length / shape[0], 1), FewestFirstImages, MostFirstImages));
        (_pixels, _weights) = (new float[capacity * _length], new double[capacity]);
    }

    /// <summary>Number of images that are all run: 64, but fewer large ones, down to 16.</summary>
    public int FirstImages { get; }

    /// <summary>Number of images that were taken.</summary>
    public long Images { get; private set; }

    /// <summary>Whether there is a network to measure.</summary>
    public bool IsNeeded => _probes.Any(probe => probe is not null);

    /// <summary>Takes the next images, or some of them.</summary>
    /// <param name="images">Their pixels [count, channels, height, width].</param>
    /// <param name="count">Number of images.</param>
    public void Add(ReadOnlySpan<float> images, int count)
    {
        for (int i = 0; i < count; i++, _passed++)
        {
            // Of images n·2ᵏ⁻¹ … n·2ᵏ − 1, where n is the number of the first ones, one in 2ᵏ is taken, which counts 2ᵏ times.
            long weight = 1L << Math.Max(0, BitOperations.Log2((ulong)_passed) - BitOperations.Log2((uint)FirstImages) + 1);
            double position = _passed * Golden;
            if (weight * (position - Math.Floor(position)) >= 1)
                continue;
            images.Slice(i * _length, _length).CopyTo(_pixels.AsSpan(_waiting * _length));
            _weights[_waiting++] = weight;
            Images++;
            if (_waiting == _weights.Length)
                Run();
        }
    }

    /// <summary>The measure of each network on the images so far; null for networks without batch normalization.</summary>
    public IReadOnlyList<StatisticsShift?> ToShifts()
    {
        Run();
        return [.. _probes.Select(probe => probe?.ToShift(Images))];
    }

    public void Dispose()
    {
        foreach (Probe? probe in _probes)
            probe?.Dispose();
    }

    private void Run()
    {
        if (_waiting == 0)
            return;
        foreach (Probe? probe in _probes)
            probe?.Run(_pixels.AsSpan(0, _waiting * _length), _weights.AsSpan(0, _waiting));
        _waiting = 0;
    }

    private static int LengthOf(ReadOnlySpan<int> shape)
    {
        int length = 1;
        foreach (int extent in shape)
            length *= extent;
        return length;
    }

    /// <summary>One network, with the inputs of its normalizations.</summary>
    private sealed class Probe : IDisposable
    {
        private readonly Moments[] _moments;
        private readonly INetworkSession _session;
        private readonly int _threads;

        public Probe(Network network, INetworkEngine engine, int threads)
        {
            _threads = threads;
            Node[] norms = [.. network.Nodes.Where(node => node.Layer is BatchNorm2d)];
            _moments = [.. norms.Select(node => new Moments((BatchNorm2d)node.Layer, LengthOf(network.ShapeOf(node))))];
            long bytes = _moments.Sum(moments => (long)moments.Length) * sizeof(float);
            Capacity = (int)Math.Clamp(TapBytes / bytes, 1, LargestBatch);
            _session = engine.CreateSession(network,
                new SessionOptions { MaximumBatchSize = Capacity, Threads = threads, Taps = [.. norms.Select(node => node.Inputs[0].Name)] });
        }

        /// <summary>Largest number of images that run together.</summary>
        public int Capacity { get; }

        public void Run(ReadOnlySpan<float> pixels, ReadOnlySpan<double> weights)
        {
            _session.Run(pixels, weights.Length);
            double[] own = weights.ToArray();
            WorkerTeam.For(_threads, _moments.Length, (n, _) =>
            {
                ReadOnlySpan<float> values = _session.GetTap(n);
                for (int i = 0; i < own.Length; i++)
                    _moments[n].Add(values.Slice(i * _moments[n].Length, _moments[n].Length), own[i]);
            });
        }

        public StatisticsShift ToShift(long images)
        {
            double[][] ratios = [.. _moments.Select(moments => moments.ToLogarithms())];
            double median = Median(ratios.Select(own => Median(own.Select(Math.Abs))));
            return new StatisticsShift(median, Median(ratios[0]), images);
        }

        public void Dispose() => _session.Dispose();

        private static double Median(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>Weighted sums of one normalization's inputs over images and pixels.</summary>
    /// <param name="norm">The normalization.</param>
    /// <param name="length">Number of values of an image.</param>
    private sealed class Moments(BatchNorm2d norm, int length)
    {
        private readonly double[] _origin = [.. norm.Mean.Span.ToArray().Select(mean => (double)mean)]; // near which the values are: their squares do not cancel
        private readonly double[] _sum = new double[norm.Channels];
        private readonly double[] _squares = new double[norm.Channels];
        private double _total;

        public int Length => length;

        /// <summary>Adds one image's values, channels last.</summary>
        public void Add(ReadOnlySpan<float> values, double weight)
        {
            int channels = _origin.Length;
            var sum = new double[channels];
            var squares = new double[channels];
            for (; !values.IsEmpty; values = values[channels..])
            {
                int c = 0;
                for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                {
                    Vector.Widen(new Vector<float>(values[c..]), out Vector<double> low, out Vector<double> high);
                    AddVector(c, low);
                    AddVector(c + Vector<double>.Count, high);
                }

                for (; c < channels; c++)
                {
                    double distance = values[c] - _origin[c];
                    sum[c] += distance;
                    squares[c] += distance * distance;
                }
            }

            for (int c = 0; c < channels; c++)
            {
                _sum[c] += weight * sum[c];
                _squares[c] += weight * squares[c];
            }

            _total += weight * (length / channels);

            void AddVector(int c, Vector<double> value)
            {
                Vector<double> distance = value - new Vector<double>(_origin, c);
                (new Vector<double>(sum, c) + distance).CopyTo(sum, c);
                (new Vector<double>(squares, c) + distance * distance).CopyTo(squares, c);
            }
        }

        /// <summary>ln((variance + ε) / (running variance + ε)) of each channel; infinite if values are not finite.</summary>
        public double[] ToLogarithms()
        {
            var logarithms = new double[_origin.Length];
            for (int c = 0; c < logarithms.Length; c++)
            {
                double mean = _sum[c] / _total;
                double variance = _squares[c] / _total - mean * mean;
                logarithms[c] = double.IsFinite(variance)
                    ? Math.Log((Math.Max(variance, 0) + norm.Epsilon) / ((double)norm.Variance.Span[c] + norm.Epsilon))
                    : double.PositiveInfinity;
            }

            return logarithms;
        }
    }
}
