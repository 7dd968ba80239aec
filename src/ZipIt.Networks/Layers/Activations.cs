namespace ZipIt.Networks;

/// <summary>A function of each value alone; shapes stay as they are.</summary>
public abstract record Activation : Layer
{
    private protected Activation()
    {
    }
}

/// <summary>y = max(x, 0).</summary>
public sealed record ReLU : Activation;

/// <summary>y = min(max(x, lower), upper), e.g. ReLU6.</summary>
public sealed record Clip : Activation
{
    /// <summary>Describes the activation.</summary>
    /// <exception cref="ArgumentException">The bounds are not finite or not in order.</exception>
    public Clip(float lower, float upper)
    {
        if (!(float.IsFinite(lower) && float.IsFinite(upper) && lower < upper))
            throw new ArgumentException($"Expected finite bounds in ascending order, found {lower} and {upper}.", nameof(upper));
        (Lower, Upper) = (lower, upper);
    }

    /// <summary>Smallest output.</summary>
    public float Lower { get; }

    /// <summary>Largest output.</summary>
    public float Upper { get; }
}

/// <summary>y = x for x ≥ 0 and <see cref="NegativeSlope"/>·x below.</summary>
public sealed record LeakyReLU : Activation
{
    /// <summary>Describes the activation.</summary>
    /// <param name="negativeSlope">Factor for negative values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slope is not finite.</exception>
    public LeakyReLU(float negativeSlope = 0.01f)
    {
        if (!float.IsFinite(negativeSlope))
            throw new ArgumentOutOfRangeException(nameof(negativeSlope), $"Expected a finite slope, found {negativeSlope}.");
        NegativeSlope = negativeSlope;
    }

    /// <summary>Factor for negative values.</summary>
    public float NegativeSlope { get; }
}

/// <summary>y = tanh(x).</summary>
public sealed record Tanh : Activation;

/// <summary>y = 1 / (1 + e⁻ˣ).</summary>
public sealed record Sigmoid : Activation;

/// <summary>y = x·sigmoid(x), also called Swish.</summary>
public sealed record SiLU : Activation;

/// <summary>y = x·Φ(x) with the normal distribution function Φ (Hendrycks &amp; Gimpel 2016), in its exact or its tanh form.</summary>
/// <param name="TanhApproximation">Whether Φ is approximated by a tanh, as some exporters do.</param>
public sealed record GELU(bool TanhApproximation = false) : Activation;
