using System.Numerics;

namespace ZipIt.Merging;

/// <summary>The best scale and shift that take each channel's predictions to its targets: what a reset of batch normalization can do for it.</summary>
internal sealed class ChannelRescale(int channels)
{
    private readonly double[] _x = new double[channels];
    private readonly double[] _y = new double[channels];
    private readonly double[] _xx = new double[channels];
    private readonly double[] _xy = new double[channels];
    private long _count;

    /// <summary>Adds samples [rows, channels].</summary>
    public void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets)
    {
        for (int row = 0; row < predictions.Length; row += channels)
            AddRow(predictions.Slice(row, channels), targets.Slice(row, channels));
    }

    private void AddRow(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets)
    {
        _count++;
        int c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(predictions[c..]), out Vector<double> lowX, out Vector<double> highX);
            Vector.Widen(new Vector<float>(targets[c..]), out Vector<double> lowY, out Vector<double> highY);
            AddVector(c, lowX, lowY);
            AddVector(c + Vector<double>.Count, highX, highY);
        }

        for (; c < channels; c++)
        {
            double x = predictions[c], y = targets[c];
            _x[c] += x;
            _y[c] += y;
            _xx[c] += x * x;
            _xy[c] += x * y;
        }
    }

    private void AddVector(int c, Vector<double> x, Vector<double> y)
    {
        (new Vector<double>(_x, c) + x).CopyTo(_x, c);
        (new Vector<double>(_y, c) + y).CopyTo(_y, c);
        (new Vector<double>(_xx, c) + x * x).CopyTo(_xx, c);
        (new Vector<double>(_xy, c) + x * y).CopyTo(_xy, c);
    }

    /// <summary>Puts a channel's scale and shift into a row of weights whose last one is the intercept.</summary>
    public void Apply(int channel, Span<double> weights)
    {
        if (_count == 0)
            return;
        double variance = _xx[channel] - _x[channel] * _x[channel] / _count;
        double scale = variance > 1e-12 * _xx[channel] ? (_xy[channel] - _x[channel] * _y[channel] / _count) / variance : 0;
        foreach (ref double weight in weights)
            weight *= scale;
        weights[^1] += (_y[channel] - scale * _x[channel]) / _count;
    }
}
