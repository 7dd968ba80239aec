namespace ZipIt.Networks;

/// <summary>
/// Batch normalization per channel (Ioffe &amp; Szegedy 2015) with stored statistics: y = γ·(x − μ)/√(σ² + ε) + β, [channels, h, w] → the same.
/// </summary>
public sealed record BatchNorm2d : Layer
{
    /// <summary>ε of PyTorch's and torchvision's layers.</summary>
    public const float DefaultEpsilon = 1e-5f;

    /// <summary>Describes a batch normalization.</summary>
    /// <param name="weight">Scale γ [channels].</param>
    /// <param name="bias">Shift β [channels].</param>
    /// <param name="mean">Running mean μ [channels].</param>
    /// <param name="variance">Running variance σ² [channels], at least 0.</param>
    /// <param name="epsilon">ε, added to the variance; positive.</param>
    /// <exception cref="ArgumentException">The four tensors are not vectors of one length.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not a positive number.</exception>
    public BatchNorm2d(Tensor weight, Tensor bias, Tensor mean, Tensor variance, float epsilon = DefaultEpsilon)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(variance);
        if (weight.Rank != 1 || weight.Length == 0)
            throw new ArgumentException($"Expected a weight of shape [channels], found {weight}.", nameof(weight));
        CheckVector(bias, weight.Length, nameof(bias));
        CheckVector(mean, weight.Length, nameof(mean));
        CheckVector(variance, weight.Length, nameof(variance));
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), $"Expected a positive epsilon, found {epsilon}.");
        (Weight, Bias, Mean, Variance, Epsilon) = (weight, bias, mean, variance, epsilon);
    }

    /// <summary>Scale γ [channels].</summary>
    public Tensor Weight { get; }

    /// <summary>Shift β [channels].</summary>
    public Tensor Bias { get; }

    /// <summary>Running mean μ [channels].</summary>
    public Tensor Mean { get; }

    /// <summary>Running variance σ² [channels].</summary>
    public Tensor Variance { get; }

    /// <summary>ε, added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>Number of channels.</summary>
    public int Channels => Weight.Length;

    /// <summary>The same normalization with other running statistics.</summary>
    public BatchNorm2d With(Tensor mean, Tensor variance) => new(Weight, Bias, mean, variance, Epsilon);

    /// <summary>The layer as one multiplication and one addition per channel: y = scale·x + shift.</summary>
    public (Tensor Scale, Tensor Shift) ToAffine()
    {
        var scale = new Tensor(Channels);
        var shift = new Tensor(Channels);
        for (int c = 0; c < Channels; c++)
        {
            double s = Weight.Span[c] / Math.Sqrt((double)Variance.Span[c] + Epsilon);
            scale.Span[c] = (float)s;
            shift.Span[c] = (float)(Bias.Span[c] - s * Mean.Span[c]);
        }

        return (scale, shift);
    }
}
