using ZipIt.Networks;

namespace ZipIt.TestFramework;

/// <summary>
/// The slow, independent implementation that others are tested against: each layer as its formula says, in double precision, one thread,
/// [channels, height, width], nothing fused.
/// </summary>
public sealed class NaiveEngine : INetworkEngine
{
    /// <inheritdoc/>
    public INetworkSession CreateSession(Network network, SessionOptions? options = null) => new Session(network, options ?? new SessionOptions());

    private sealed class Session(Network network, SessionOptions options) : INetworkSession
    {
        private readonly int[] _taps = [.. options.Taps.Select(network.IndexOf)];
        private readonly Dictionary<Node, (double[] Mean, double[] Variance)> _statistics = new(ReferenceEqualityComparer.Instance);
        private double[][][] _values = []; // [node, image, channel·height·width]

        public Network Network => network;

        public int MaximumBatchSize => options.MaximumBatchSize;

        public void Run(ReadOnlySpan<float> images, int batchSize) => Run([images.ToArray()], batchSize);

        public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize)
        {
            if (inputs.Count != network.Inputs.Count)
                throw new ArgumentException($"The network has {network.Inputs.Count} inputs, found {inputs.Count}.", nameof(inputs));
            if (batchSize < 1 || batchSize > MaximumBatchSize)
                throw new ArgumentOutOfRangeException(nameof(batchSize));
            _values = new double[network.Nodes.Count][][];
            int nextInput = 0;
            for (int i = 0; i < _values.Length; i++)
            {
                Node node = network.Nodes[i];
                if (node.Layer is Input)
                    _values[i] = Enter(node, inputs[nextInput++], batchSize);
                else if (node.Layer is BatchNorm2d norm && options.BatchStatistics)
                    _values[i] = NormalizeBatch(node, norm);
                else
                    _values[i] = [.. Enumerable.Range(0, batchSize).Select(image => Evaluate(node, image))];
            }
        }

        public ReadOnlySpan<float> GetOutput(int head) => Leave(network.Heads[head].Node);

        public ReadOnlySpan<float> GetTap(int tap) => Leave(network.Nodes[_taps[tap]]);

        public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance)
        {
            if (!options.BatchStatistics)
                throw new InvalidOperationException("The session measures no batch statistics.");
            _statistics[node].Mean.CopyTo(mean);
            _statistics[node].Variance.CopyTo(variance);
        }

        public void Dispose()
        {
        }

        private (int Channels, int Height, int Width) Shape(Node node)
        {
            ReadOnlySpan<int> shape = network.ShapeOf(node);
            return shape.Length == 3 ? (shape[0], shape[1], shape[2]) : (shape[0], 1, 1);
        }

        private double[][] Enter(Node node, ReadOnlyMemory<float> batch, int batchSize)
        {
            (int channels, int height, int width) = Shape(node);
            int size = channels * height * width;
            if (batch.Length != (long)size * batchSize)
                throw new ArgumentException($"Input '{node.Name}' takes {(long)size * batchSize} values, found {batch.Length}.");
            var images = new double[batchSize][];
            for (int b = 0; b < batchSize; b++)
            {
                images[b] = new double[size];
                for (int c = 0; c < channels; c++)
                {
                    for (int p = 0; p < height * width; p++)
                        images[b][c * height * width + p] = batch.Span[b * size + (options.ChannelsLastInputs ? p * channels + c : c * height * width + p)];
                }
            }

            return images;
        }

        private float[] Leave(Node node)
        {
            (int channels, int height, int width) = Shape(node);
            double[][] images = _values[network.IndexOf(node)];
            var values = new List<float>();
            foreach (double[] image in images)
            {
                for (int p = 0; p < height * width; p++)
                {
                    for (int c = 0; c < channels; c++)
                        values.Add((float)image[c * height * width + p]);
                }
            }

            return [.. values];
        }

        private double[][] NormalizeBatch(Node node, BatchNorm2d norm)
        {
            (int channels, int height, int width) = Shape(node);
            int pixels = height * width;
            double[][] images = _values[network.IndexOf(node.Inputs[0])];
            var mean = new double[channels];
            var variance = new double[channels];
            var result = images.Select(image => new double[image.Length]).ToArray();
            for (int c = 0; c < channels; c++)
            {
                mean[c] = images.Average(image => image.AsSpan(c * pixels, pixels).ToArray().Average());
                variance[c] = images.Average(image => image.AsSpan(c * pixels, pixels).ToArray().Average(x => (x - mean[c]) * (x - mean[c])));
                for (int b = 0; b < images.Length; b++)
                {
                    for (int i = c * pixels; i < (c + 1) * pixels; i++)
                    {
                        double normalized = (images[b][i] - mean[c]) / Math.Sqrt(variance[c] + norm.Epsilon);
                        result[b][i] = norm.Weight.Span[c] * normalized + norm.Bias.Span[c];
                    }
                }
            }

            _statistics[node] = (mean, variance);
            return result;
        }

        private double[] Evaluate(Node node, int image)
        {
            double[][] inputs = [.. node.Inputs.Select(input => _values[network.IndexOf(input)][image])];
            double[] x = inputs[0];
            (int channels, int height, int width) = Shape(node.Inputs[0]);
            int pixels = height * width;
            return node.Layer switch
            {
                Conv2d conv => Convolve(conv, x, height, width, Shape(node)),
                Linear linear => Multiply(linear, x),
                BatchNorm2d norm => PerChannel(x, pixels, (v, c) =>
                    norm.Weight.Span[c] * (v - norm.Mean.Span[c]) / Math.Sqrt(norm.Variance.Span[c] + (double)norm.Epsilon) + norm.Bias.Span[c]),
                ChannelAffine affine => PerChannel(x, pixels, (v, c) => affine.Scale.Span[c] * v + affine.Shift.Span[c]),
                InstanceNorm2d norm => [.. Enumerable.Range(0, channels).SelectMany(c => Normalize(norm, c, x.AsSpan(c * pixels, pixels).ToArray()))],
                ReLU => Array.ConvertAll(x, v => Math.Max(v, 0)),
                Clip clip => Array.ConvertAll(x, v => Math.Min(Math.Max(v, clip.Lower), clip.Upper)),
                PReLU prelu => PerChannel(x, pixels, (v, c) => v >= 0 ? v : prelu.Slope.Span[c] * v),
                LeakyReLU leaky => Array.ConvertAll(x, v => v >= 0 ? v : leaky.NegativeSlope * v),
                Tanh => Array.ConvertAll(x, Math.Tanh),
                Sigmoid => Array.ConvertAll(x, Logistic),
                SiLU => Array.ConvertAll(x, v => v * Logistic(v)),
                HardSwish => Array.ConvertAll(x, v => v * Math.Min(Math.Max(v + 3, 0), 6) / 6),
                ELU elu => Array.ConvertAll(x, v => v >= 0 ? v : elu.Alpha * (Math.Exp(v) - 1)),
                GELU { TanhApproximation: true } => Array.ConvertAll(x, v => v / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))),
                GELU => Array.ConvertAll(x, v => v * NormalDistribution(v)),
                Pool2d pool => Pool(pool, x, height, width, Shape(node)),
                GlobalAveragePool => [.. Enumerable.Range(0, channels).Select(c => x.AsSpan(c * pixels, pixels).ToArray().Average())],
                Add => [.. Enumerable.Range(0, x.Length).Select(i => inputs.Sum(input => input[i]))],
                Concat => [.. inputs.SelectMany(input => input)],
                Flatten => x,
                Softmax => Exponentiate(x, channels, pixels),
                ChannelGather gather => [.. gather.Sources.ToArray().SelectMany(c => x.AsSpan(c * pixels, pixels).ToArray())],
                _ => throw new NotSupportedException($"The naive engine cannot run node {node}."),
            };
        }

        private static double[] PerChannel(double[] x, int pixels, Func<double, int, double> function) => [.. x.Select((v, i) => function(v, i / pixels))];

        private static IEnumerable<double> Normalize(InstanceNorm2d norm, int channel, double[] x)
        {
            double mean = x.Average(), deviation = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + norm.Epsilon);
            return x.Select(v => norm.Weight.Span[channel] * (v - mean) / deviation + norm.Bias.Span[channel]);
        }

        private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

        /// <summary>Φ(x) = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004).</summary>
        private static double NormalDistribution(double x)
        {
            if (Math.Abs(x) > 7)
                return x > 0 ? 1 : 0;
            double term = x, sum = x;
            for (int k = 3; Math.Abs(term) > 1e-18; k += 2)
                sum += term *= x * x / k;
            return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        }

        private static double[] Convolve(Conv2d conv, double[] x, int height, int width, (int Channels, int Height, int Width) output)
        {
            int inputs = conv.Weight[1];
            int groupOutputs = output.Channels / conv.Groups;
            var y = new double[output.Channels * output.Height * output.Width];
            int next = 0;
            for (int n = 0; n < output.Channels; n++)
            {
                for (int oy = 0; oy < output.Height; oy++)
                {
                    for (int ox = 0; ox < output.Width; ox++)
                    {
                        double sum = conv.Bias?.Span[n] ?? 0;
                        for (int c = 0; c < inputs; c++)
                        {
                            for (int ky = 0; ky < conv.Kernel.Height; ky++)
                            {
                                for (int kx = 0; kx < conv.Kernel.Width; kx++)
                                {
                                    int iy = oy * conv.Stride.Height - conv.Padding.Height + ky * conv.Dilation.Height;
                                    int ix = ox * conv.Stride.Width - conv.Padding.Width + kx * conv.Dilation.Width;
                                    if (iy < 0 || iy >= height || ix < 0 || ix >= width)
                                        continue;
                                    double weight = conv.Weight.Span[((n * inputs + c) * conv.Kernel.Height + ky) * conv.Kernel.Width + kx];
                                    sum += weight * x[((n / groupOutputs * inputs + c) * height + iy) * width + ix];
                                }
                            }
                        }

                        y[next++] = sum;
                    }
                }
            }

            return y;
        }

        private static double[] Multiply(Linear linear, double[] x)
        {
            var y = new double[linear.Outputs];
            for (int n = 0; n < y.Length; n++)
            {
                y[n] = linear.Bias?.Span[n] ?? 0;
                for (int k = 0; k < x.Length; k++)
                    y[n] += (double)linear.Weight.Span[n * x.Length + k] * x[k];
            }

            return y;
        }

        private static double[] Pool(Pool2d pool, double[] x, int height, int width, (int Channels, int Height, int Width) output)
        {
            var y = new double[output.Channels * output.Height * output.Width];
            int next = 0;
            for (int c = 0; c < output.Channels; c++)
            {
                for (int oy = 0; oy < output.Height; oy++)
                {
                    for (int ox = 0; ox < output.Width; ox++)
                    {
                        double largest = double.NegativeInfinity, sum = 0;
                        int inside = 0, padded = 0;
                        for (int ky = 0; ky < pool.Kernel.Height; ky++)
                        {
                            for (int kx = 0; kx < pool.Kernel.Width; kx++)
                            {
                                int iy = oy * pool.Stride.Height - pool.Padding.Height + ky;
                                int ix = ox * pool.Stride.Width - pool.Padding.Width + kx;
                                if (iy < height + pool.Padding.Height && ix < width + pool.Padding.Width)
                                    padded++;
                                if (iy < 0 || iy >= height || ix < 0 || ix >= width)
                                    continue;
                                inside++;
                                sum += x[(c * height + iy) * width + ix];
                                largest = Math.Max(largest, x[(c * height + iy) * width + ix]);
                            }
                        }

                        y[next++] = pool is AvgPool2d mean ? sum / (mean.CountPadding ? padded : inside) : largest;
                    }
                }
            }

            return y;
        }

        private static double[] Exponentiate(double[] x, int channels, int pixels)
        {
            var y = new double[x.Length];
            for (int p = 0; p < pixels; p++)
            {
                double largest = Enumerable.Range(0, channels).Max(c => x[c * pixels + p]);
                double sum = Enumerable.Range(0, channels).Sum(c => Math.Exp(x[c * pixels + p] - largest));
                for (int c = 0; c < channels; c++)
                    y[c * pixels + p] = Math.Exp(x[c * pixels + p] - largest) / sum;
            }

            return y;
        }
    }
}
