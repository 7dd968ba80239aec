using System.Numerics;
using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What a prediction before an activation should become, so that the value after it is right (our extension): where the activation is flat around the target,
/// every prediction on the same plateau is as good as the target itself.
/// </summary>
internal static class ActivationTarget
{
    /// <summary>residuals[i] = (the best value for a prediction that comes from where it is) − prediction.</summary>
    /// <param name="activation">The activation; null for none.</param>
    /// <param name="targets">Values of the original network before the activation.</param>
    /// <param name="predictions">Values of the zipped network before the activation.</param>
    /// <param name="residuals">Receives what is still missing.</param>
    public static void Residuals(Activation? activation, ReadOnlySpan<float> targets, ReadOnlySpan<float> predictions, Span<float> residuals)
    {
        switch (activation)
        {
            case null:
                TensorPrimitives.Subtract(targets, predictions, residuals);
                break;
            case ReLU:
                ReluResiduals(targets, predictions, residuals);
                break;
            case Clip clip:
                for (int i = 0; i < residuals.Length; i++)
                {
                    float best = targets[i] <= clip.Lower ? Math.Min(predictions[i], clip.Lower) : targets[i] >= clip.Upper
                        ? Math.Max(predictions[i], clip.Upper) : targets[i];
                    residuals[i] = best - predictions[i];
                }

                break;
            default:
                for (int i = 0; i < residuals.Length; i++)
                    residuals[i] = Weight(activation, targets[i], predictions[i]) * (targets[i] - predictions[i]);
                break;
        }
    }

    /// <summary>Whether an activation has a <see cref="Slope"/>.</summary>
    public static bool IsLinearInPieces(Activation? activation) => activation is ReLU or LeakyReLU or Clip;

    /// <summary>Value of an activation.</summary>
    public static double Apply(Activation? activation, double x) => activation switch
    {
        null => x,
        ReLU => Math.Max(x, 0),
        Clip clip => Math.Clamp(x, clip.Lower, clip.Upper),
        LeakyReLU leaky => x >= 0 ? x : leaky.NegativeSlope * x,
        Tanh => Math.Tanh(x),
        Sigmoid => 1 / (1 + Math.Exp(-x)),
        SiLU => x / (1 + Math.Exp(-x)),
        HardSwish => x * Math.Clamp(x / 6 + 0.5, 0, 1),
        ELU elu => x >= 0 ? x : elu.Alpha * (Math.Exp(x) - 1),
        GELU => 0.5 * x * (1 + Math.Tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))),
        _ => throw new NotSupportedException($"The refit does not know the activation {activation.Kind}."),
    };

    /// <summary>Values of an activation.</summary>
    public static void Apply(Activation? activation, ReadOnlySpan<float> before, Span<float> after)
    {
        if (activation is ReLU)
        {
            TensorPrimitives.Max(before, 0, after);
            return;
        }

        for (int i = 0; i < before.Length; i++)
            after[i] = (float)Apply(activation, before[i]);
    }

    /// <summary>Slope of an activation that is linear in pieces.</summary>
    public static float Slope(Activation activation, float x) => activation switch
    {
        ReLU => x > 0 ? 1 : 0,
        LeakyReLU leaky => x >= 0 ? 1 : leaky.NegativeSlope,
        Clip clip => x > clip.Lower && x < clip.Upper ? 1 : 0,
        _ => throw new NotSupportedException($"The activation {activation.Kind} is not linear in pieces."),
    };

    /// <summary>Multiplies values by the slope of an activation that is linear in pieces.</summary>
    /// <param name="activation">The activation.</param>
    /// <param name="before">Where it stands.</param>
    /// <param name="values">The values.</param>
    public static void MultiplyBySlope(Activation activation, ReadOnlySpan<float> before, Span<float> values)
    {
        int i = 0;
        if (activation is ReLU)
        {
            for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.ConditionalSelect(Vector.GreaterThan(new Vector<float>(before[i..]), Vector<float>.Zero), new Vector<float>(values[i..]),
                    Vector<float>.Zero).CopyTo(values[i..]);
            }
        }

        for (; i < values.Length; i++)
            values[i] *= Slope(activation, before[i]);
    }

    private static void ReluResiduals(ReadOnlySpan<float> targets, ReadOnlySpan<float> predictions, Span<float> residuals)
    {
        int i = 0;
        for (; i <= residuals.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var target = new Vector<float>(targets[i..]);
            var prediction = new Vector<float>(predictions[i..]);
            (Vector.ConditionalSelect(Vector.GreaterThan(target, Vector<float>.Zero), target, Vector.Min(prediction, Vector<float>.Zero)) - prediction)
                .CopyTo(residuals[i..]);
        }

        for (; i < residuals.Length; i++)
            residuals[i] = (targets[i] > 0 ? targets[i] : Math.Min(predictions[i], 0)) - predictions[i];
    }

    /// <summary>
    /// For activations that are steep here and flat there, the squared error after the activation is the one before it times the squared slope of the secant.
    /// With weights of at most 1, stepping that part of the way never increases the weighted error (a majorization with the unweighted Gram matrix).
    /// </summary>
    private static float Weight(Activation activation, double target, double prediction)
    {
        double distance = target - prediction;
        if (Math.Abs(distance) < 1e-6)
            return 1;
        double slope = (Apply(activation, target) - Apply(activation, prediction)) / distance;
        return (float)Math.Min(slope * slope, 1);
    }
}
