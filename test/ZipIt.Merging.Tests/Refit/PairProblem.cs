using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>
/// A tiny random pair of units — two 3×3 convolutions, the second one in a sum with a 1×1 shortcut and a value that is taken as it is — and, by plain loops in
/// double precision, what its rounds should do.
/// </summary>
internal sealed class PairProblem
{
    public const int Total = 11;
    public const int Sampled = 8;

    private const int Extent = 5;
    private const int Inputs = 2;
    private const int Hidden = 3;
    private const int Outputs = 2;
    private const double Ridge = 0.5;

    private readonly Activation _hidden;
    private readonly Activation? _last;
    private readonly Network _network;
    private readonly RefitPair _pair;
    private readonly PairLayout _layout;
    private readonly Conv2d[] _readers; // layers of the second unit
    private readonly float[] _images; // [Total, Extent, Extent, Inputs]
    private readonly float[] _others;
    private readonly float[] _targets; // [Sampled, pixels, Outputs]
    private readonly int _hiddenExtent;
    private readonly int _extent; // of the second unit's value

    public PairProblem(int seed, Activation hidden, Activation? last, int firstStride = 1, int secondStride = 1, int dilation = 1)
    {
        (_hidden, _last) = (hidden, last);
        var draw = new NetworkGenerator(seed);
        int stride = firstStride * secondStride;
        var image = new Node("image", new Input(Inputs, Extent, Extent));
        var inner = new Node("hidden", hidden, new Node("first", draw.DrawConv(Inputs, Hidden, 3, firstStride, dilation, dilation), image));
        var second = new Node("second", draw.DrawConv(Hidden, Outputs, 3, secondStride, dilation, dilation), inner);
        var shortcut = new Node("shortcut", draw.DrawConv(Inputs, Outputs, 1, stride), image);
        var other = new Node("other", draw.DrawConv(Inputs, Outputs, 1, stride, groups: Inputs), image);
        var sum = new Node("sum", new Add(), second, shortcut, other);
        Node end = new("pool", new GlobalAveragePool(), last is null ? sum : new Node("last", last, sum));
        _network = new Network(new Head("scores", new Node("linear", draw.DrawLinear(Outputs, 2), new Node("flat", new Flatten(), end))));
        _pair = Assert.Single(RefitPairTests.Find(_network));
        Assert.Equal([other], _pair.Second.Others);
        _layout = new PairLayout(
            _pair, new SampleLayout(_network, _pair.First, new RefitOptions(), Total), new SampleLayout(_network, _pair.Second, new RefitOptions(), Total));
        _readers = [.. _pair.Second.Layers.Select(layer => (Conv2d)layer.Node.Layer)];
        (_hiddenExtent, _extent) = (_network.ShapeOf(inner)[1], _network.ShapeOf(sum)[1]);
        _images = draw.DrawValues(Total * Extent * Extent * Inputs);
        _others = draw.DrawValues(Total * _extent * _extent * Outputs);
        _targets = draw.DrawValues(Sampled * _extent * _extent * Outputs);
        First = Draw(Hidden, _layout.First.Columns);
        Second = Draw(Outputs, _layout.Second.Columns);

        Matrix Draw(int rows, int columns) => new(rows, columns, [.. draw.DrawValues(rows * columns, 1.5 / Math.Sqrt(columns)).Select(value => (double)value)]);
    }

    /// <summary>Weights to start from.</summary>
    public Matrix First { get; }

    /// <summary>Weights to start from.</summary>
    public Matrix Second { get; }

    /// <summary>Memory that the patches of one image take, in bytes.</summary>
    public long ImageBytes => _layout.ImageBytes;

    /// <summary>Lets <see cref="PairRounds"/> do its rounds.</summary>
    public (double Error, Matrix First, Matrix Second) Run(int rounds, int threads = 1, long tileBytes = 1 << 24, long keptBytes = 1 << 28,
        CancellationToken cancellationToken = default)
    {
        using var pool = new BufferPool();
        AlignedBuffer targets = pool.Rent(_targets.Length);
        _targets.CopyTo(targets.Span);
        using var maps = new PairMaps(_pair, new ImageSubset(Sampled, Total), targets, pool);
        using var actual = new PairRounds(_layout, maps, threads, pool, tileBytes, keptBytes);
        foreach (Node node in maps.Needed)
        {
            float[] values = node.Name switch { "image" => _images, "other" => _others,
                _ => throw new InvalidOperationException($"'{node.Name}' is not needed.") };
            int length = values.Length / Total;
            foreach ((int start, int count) in (ReadOnlySpan<(int, int)>)[(0, 4), (4, 5), (9, 2)])
                maps.Capture(node, values.AsSpan(start * length, count * length), start, [.. Enumerable.Range(0, count)]);
        }

        Matrix first = First.Clone(), second = Second.Clone();
        using FactoredEquations firstEquations = Factor(FirstRows(), Hidden, threads, pool), secondEquations = Factor(SecondRows(), Outputs, threads, pool);
        double error = actual.Run(rounds, first, second, firstEquations, secondEquations, cancellationToken);
        return (error, first, second);
    }

    /// <summary>The same by plain loops.</summary>
    /// <param name="rounds">Number of rounds.</param>
    /// <param name="tiles">How many tiles the images are dealt to in turn; lengths are chosen on every fourth.</param>
    /// <returns>The error as a fraction of the targets' variance, the weights, and whether a round was taken back.</returns>
    public (double Error, Matrix First, Matrix Second, bool IsTakenBack) RunNaively(int rounds, int tiles = 1)
    {
        double[][] firstGram = Gram(FirstRows()), secondGram = Gram(SecondRows());
        Matrix first = First, second = Second;
        double best = Measure(first, second);
        for (int round = 0; round < rounds; round++)
        {
            (Matrix firstStep, Matrix secondStep) = Steps(first, second, firstGram, secondGram);
            (double firstLength, double secondLength) = Lengths(first, second, firstStep, secondStep, tiles);
            Matrix nextFirst = Moved(first, firstStep, firstLength), nextSecond = Moved(second, secondStep, secondLength);
            double error = Measure(nextFirst, nextSecond);
            if (error >= best)
                return (best / Energy(), first, second, true);
            (best, first, second) = (error, nextFirst, nextSecond);
        }

        return (best / Energy(), first, second, false);
    }

    /// <summary>The error that weights leave, as a fraction of the targets' variance.</summary>
    public double ErrorOf(Matrix first, Matrix second) => Measure(first, second) / Energy();

    private static int NumberOf(int place) => Enumerable.Range(0, Total).Where(image => new ImageSubset(Sampled, Total).PlaceOf(image) >= 0).ElementAt(place);

    private double Measure(Matrix first, Matrix second)
    {
        double error = 0;
        for (int place = 0; place < Sampled; place++)
        {
            double[][] values = Forward(place, first, second).Values;
            for (int pixel = 0; pixel < values.Length; pixel++)
            {
                for (int o = 0; o < Outputs; o++)
                    error += Math.Pow(Apply(_last, values[pixel][o]) - Apply(_last, Target(place, pixel, o)), 2);
            }
        }

        return error;
    }

    private double Energy()
    {
        int pixels = _extent * _extent;
        double energy = 0;
        for (int o = 0; o < Outputs; o++)
        {
            double[] values = [.. from place in Enumerable.Range(0, Sampled) from pixel in Enumerable.Range(0, pixels) select Apply(_last,
                Target(place, pixel, o))];
            double mean = values.Average();
            energy += values.Sum(value => (value - mean) * (value - mean));
        }

        return energy;
    }

    private (Matrix First, Matrix Second) Steps(Matrix first, Matrix second, double[][] firstGram, double[][] secondGram)
    {
        var firstCross = new Matrix(Hidden, first.Columns);
        var secondCross = new Matrix(Outputs, second.Columns);
        int readerColumns = 9 * Hidden, readerColumn = ReaderColumn;

        // W·Wᵀ + μI of the reader's weights, μ being the mean of the diagonal.
        double[][] inner = [.. Enumerable.Range(0, Outputs).Select(i => Enumerable.Range(0, Outputs)
            .Select(j => Enumerable.Range(readerColumn, readerColumns).Sum(c => second[i, c] * second[j, c])).ToArray())];
        double mu = Enumerable.Range(0, Outputs).Average(o => inner[o][o]);
        for (int o = 0; o < Outputs; o++)
            inner[o][o] += mu;

        for (int place = 0; place < Sampled; place++)
        {
            (double[][] firstRows, double[] before, double[][] secondRows, double[][] values) = Forward(place, first, second);
            var changes = new double[before.Length];
            for (int pixel = 0; pixel < values.Length; pixel++)
            {
                double[] missing = [.. Enumerable.Range(0, Outputs).Select(o => Missing(Target(place, pixel, o), values[pixel][o]))];
                for (int o = 0; o < Outputs; o++)
                {
                    for (int c = 0; c < second.Columns; c++)
                        secondCross[o, c] += missing[o] * secondRows[pixel][c];
                }

                double[] wanted = Solve(inner, missing);
                Reach(_readers[_pair.ReaderIndex], _hiddenExtent, Hidden, pixel, (column, position) =>
                {
                    for (int o = 0; o < Outputs; o++)
                        changes[position] += second[o, readerColumn + column] * wanted[o];
                });
            }

            for (int pixel = 0; pixel < firstRows.Length; pixel++)
            {
                for (int h = 0; h < Hidden; h++)
                {
                    double change = changes[pixel * Hidden + h] * Slope(before[pixel * Hidden + h]);
                    for (int c = 0; c < first.Columns; c++)
                        firstCross[h, c] += change * firstRows[pixel][c];
                }
            }
        }

        return (SolveRows(firstGram, firstCross), SolveRows(secondGram, secondCross));
    }

    private (double First, double Second) Lengths(Matrix first, Matrix second, Matrix firstStep, Matrix secondStep, int tiles)
    {
        double aa = 0, ab = 0, bb = 0, ar = 0, br = 0;
        foreach (int place in Enumerable.Range(0, Sampled).Where(place => place % tiles % 4 == 0))
        {
            (double[][] firstRows, double[] before, double[][] secondRows, double[][] values) = Forward(place, first, second);
            double[] changes = [.. Enumerable.Range(0, before.Length).Select(i => Dot(firstStep, i % Hidden, firstRows[i / Hidden]) * Slope(before[i]))];
            for (int pixel = 0; pixel < values.Length; pixel++)
            {
                for (int o = 0; o < Outputs; o++)
                {
                    double a = 0, b = Dot(secondStep, o, secondRows[pixel]), r = Missing(Target(place, pixel, o), values[pixel][o]);
                    int output = o;
                    Reach(_readers[_pair.ReaderIndex], _hiddenExtent, Hidden, pixel,
                        (column, position) => a += second[output, ReaderColumn + column] * changes[position]);
                    (aa, ab, bb, ar, br) = (aa + a * a, ab + a * b, bb + b * b, ar + a * r, br + b * r);
                }
            }
        }

        double damping = 1e-6 * (aa + bb) / 2;
        double[] lengths = Solve([[aa + damping, ab], [ab, bb + damping]], [ar, br]);
        return (lengths[0], lengths[1]);
    }

    private int ReaderColumn => _readers.Take(_pair.ReaderIndex).Sum(conv => conv.Kernel.Height * conv.Kernel.Width * conv.InputChannels);

    private (double[][] FirstRows, double[] Before, double[][] SecondRows, double[][] Values) Forward(int place, Matrix first, Matrix second)
    {
        int pixels = _extent * _extent;
        double[] image = Part(_images), other = Part(_others);
        double[][] firstRows = Rows([((Conv2d)_pair.First.Layers[0].Node.Layer, image, Extent)], _hiddenExtent);
        double[] before = [.. firstRows.SelectMany(row => Enumerable.Range(0, Hidden).Select(h => Dot(first, h, row)))];
        double[] hidden = [.. before.Select(value => Apply(_hidden, value))];
        double[][] secondRows = Rows([.. _readers.Select((conv, i) => i == _pair.ReaderIndex ? (conv, hidden, _hiddenExtent) : (conv, image, Extent))],
            _extent);
        double[][] values = [.. secondRows.Select((row, pixel) => Enumerable.Range(0, Outputs).Select(o => Dot(second, o, row) + other[pixel * Outputs + o])
            .ToArray())];
        return (firstRows, before, secondRows, values);

        double[] Part(float[] all) => [.. all.AsSpan(NumberOf(place) * (all.Length / Total), all.Length / Total).ToArray().Select(value => (double)value)];
    }

    private double[][] FirstRows() => [.. Enumerable.Range(0, Sampled).SelectMany(place => Forward(place, First, Second).FirstRows)];

    private double[][] SecondRows() => [.. Enumerable.Range(0, Sampled).SelectMany(place => Forward(place, First, Second).SecondRows)];

    private static double[][] Rows((Conv2d Conv, double[] Map, int Extent)[] layers, int extent)
    {
        int columns = layers.Sum(layer => layer.Conv.Kernel.Height * layer.Conv.Kernel.Width * layer.Conv.InputChannels) + 1;
        var rows = new double[extent * extent][];
        for (int pixel = 0; pixel < rows.Length; pixel++)
        {
            double[] row = rows[pixel] = new double[columns];
            row[^1] = 1;
            int start = 0;
            foreach ((Conv2d conv, double[] map, int own) in layers)
            {
                int from = start;
                Reach(conv, own, conv.InputChannels, pixel, (column, position) => row[from + column] = map[position], extent);
                start += conv.Kernel.Height * conv.Kernel.Width * conv.InputChannels;
            }
        }

        return rows;
    }

    private void Reach(Conv2d conv, int extent, int channels, int pixel, Action<int, int> action) => Reach(conv, extent, channels, pixel, action, _extent);

    /// <summary>Names the column and the place in the map of every input value that an output pixel sees.</summary>
    private static void Reach(Conv2d conv, int extent, int channels, int pixel, Action<int, int> action, int outputExtent)
    {
        for (int ky = 0; ky < conv.Kernel.Height; ky++)
        {
            for (int kx = 0; kx < conv.Kernel.Width; kx++)
            {
                int y = pixel / outputExtent * conv.Stride.Height + ky * conv.Dilation.Height - conv.Padding.Height;
                int x = pixel % outputExtent * conv.Stride.Width + kx * conv.Dilation.Width - conv.Padding.Width;
                for (int c = 0; c < channels && y >= 0 && y < extent && x >= 0 && x < extent; c++)
                    action((ky * conv.Kernel.Width + kx) * channels + c, (y * extent + x) * channels + c);
            }
        }
    }

    private double Target(int place, int pixel, int output) => _targets[(place * _extent * _extent + pixel) * Outputs + output];

    private static double Apply(Activation? activation, double x) => activation switch
    {
        null => x,
        LeakyReLU leaky => x < 0 ? leaky.NegativeSlope * x : x,
        Clip clip => x < clip.Lower ? clip.Lower : x > clip.Upper ? clip.Upper : x,
        _ => x < 0 ? 0 : x,
    };

    private double Slope(double x) => _hidden switch
    {
        LeakyReLU leaky => x < 0 ? leaky.NegativeSlope : 1,
        Clip clip => x <= clip.Lower || x >= clip.Upper ? 0 : 1,
        _ => x <= 0 ? 0 : 1,
    };

    /// <summary>What a value lacks: nothing on the plateau that the target lies on.</summary>
    private double Missing(double target, double value)
    {
        switch (_last)
        {
            case null:
                return target - value;
            case LeakyReLU:
                double slope = (Apply(_last, target) - Apply(_last, value)) / (target - value);
                return Math.Min(1, slope * slope) * (target - value);
            case Clip clip when target <= clip.Lower:
                return value <= clip.Lower ? 0 : clip.Lower - value;
            case Clip clip when target >= clip.Upper:
                return value >= clip.Upper ? 0 : clip.Upper - value;
            case ReLU when target <= 0:
                return value <= 0 ? 0 : -value;
            default:
                return target - value;
        }
    }

    private static FactoredEquations Factor(double[][] rows, int outputs, int threads, BufferPool pool)
    {
        var matrix = new PanelMatrix(rows.Length, rows[0].Length);
        matrix.CopyFrom([.. rows.SelectMany(row => row).Select(value => (float)value)]);
        var equations = new NormalEquations(rows[0].Length, outputs, threads, pool);
        equations.AddRows(new DenseDesign(matrix));
        return new FactoredEquations(equations, equations.Factor(Ridge));
    }

    /// <summary>XᵀX + λI; the intercept is free.</summary>
    private static double[][] Gram(double[][] rows)
    {
        int n = rows[0].Length;
        return [.. Enumerable.Range(0, n)
            .Select(i => Enumerable.Range(0, n).Select(j => rows.Sum(row => row[i] * row[j]) + (i == j && i < n - 1 ? Ridge : 0)).ToArray())];
    }

    private static Matrix SolveRows(double[][] a, Matrix right)
    {
        var solution = new Matrix(right.Rows, right.Columns);
        for (int o = 0; o < right.Rows; o++)
            Solve(a, right.Row(o).ToArray()).CopyTo(solution.Row(o));
        return solution;
    }

    /// <summary>Gaussian elimination with pivots.</summary>
    private static double[] Solve(double[][] a, double[] right)
    {
        int n = right.Length;
        double[][] rows = [.. a.Select((row, i) => (double[])[.. row, right[i]])];
        for (int k = 0; k < n; k++)
        {
            int pivot = Enumerable.Range(k, n - k).MaxBy(i => Math.Abs(rows[i][k]));
            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            for (int i = 0; i < n; i++)
            {
                double factor = i == k ? 0 : rows[i][k] / rows[k][k];
                for (int j = k; j <= n; j++)
                    rows[i][j] -= factor * rows[k][j];
            }
        }

        return [.. Enumerable.Range(0, n).Select(i => rows[i][n] / rows[i][i])];
    }

    private static double Dot(Matrix weights, int output, double[] row)
    {
        double sum = 0;
        for (int c = 0; c < row.Length; c++)
            sum += weights[output, c] * row[c];
        return sum;
    }

    private static Matrix Moved(Matrix weights, Matrix step, double length) =>
        new(weights.Rows, weights.Columns, [.. weights.Values.ToArray().Zip(step.Values.ToArray(), (weight, change) => weight + length * change)]);
}
