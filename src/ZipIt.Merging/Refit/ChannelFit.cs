namespace ZipIt.Merging;

/// <summary>The best scale and shift that take a channel's predictions to its targets: what a reset of batch normalization can do for it.</summary>
internal struct ChannelFit
{
    private double _count;
    private double _x;
    private double _y;
    private double _xx;
    private double _xy;

    /// <summary>Adds a sample.</summary>
    public void Add(double prediction, double target)
    {
        _count++;
        _x += prediction;
        _y += target;
        _xx += prediction * prediction;
        _xy += prediction * target;
    }

    /// <summary>Puts scale and shift into a row of weights whose last one is the intercept.</summary>
    public readonly void Apply(Span<double> weights)
    {
        if (_count == 0)
            return;
        double variance = _xx - _x * _x / _count;
        double scale = variance > 1e-12 * _xx ? (_xy - _x * _y / _count) / variance : 0;
        foreach (ref double weight in weights)
            weight *= scale;
        weights[^1] += (_y - scale * _x) / _count;
    }
}
