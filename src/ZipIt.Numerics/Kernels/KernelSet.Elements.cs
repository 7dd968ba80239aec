using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>
/// Kernels that treat every value alone. Full vectors come first; a rest of fewer values goes through the same vector function in a padded
/// vector, so that a value's result does not depend on where it stands.
/// </summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    public override void Finish(float* values, float* residual, nint count, PostOperation operation)
    {
        if (residual is not null)
        {
            if (operation.Kind == PostOperationKind.Relu)
            {
                Map<AddRelu>(residual, values, count, default);
                return;
            }

            Map<AddTo>(residual, values, count, default);
        }

        switch (operation.Kind)
        {
            case PostOperationKind.None:
                break;
            case PostOperationKind.Relu:
                Map<ReluOf>(values, values, count, operation);
                break;
            case PostOperationKind.Clip:
                Map<ClipOf>(values, values, count, operation);
                break;
            case PostOperationKind.Leaky:
                Map<LeakyOf>(values, values, count, operation);
                break;
            case PostOperationKind.Tanh:
                Map<TanhOf>(values, values, count, operation);
                break;
            case PostOperationKind.Sigmoid:
                Map<SigmoidOf>(values, values, count, operation);
                break;
            case PostOperationKind.Silu:
                Map<SiluOf>(values, values, count, operation);
                break;
            case PostOperationKind.Gelu:
                Map<GeluOf>(values, values, count, operation);
                break;
            case PostOperationKind.GeluTanh:
                Map<GeluTanhOf>(values, values, count, operation);
                break;
            case PostOperationKind.HardSwish:
                Map<HardSwishOf>(values, values, count, operation);
                break;
            case PostOperationKind.Elu:
                Map<EluOf>(values, values, count, operation);
                break;
            default:
                throw new NotSupportedException($"There is no kernel for {operation.Kind}.");
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void CopyWindows(float* source, nint sourceStep, float* target, nint targetStep, int pieces, int size)
    {
        int lanes = TLanes.Count;
        for (int piece = 0; piece < pieces; piece++, source += sourceStep, target += targetStep)
        {
            for (int i = 0; i < size; i += lanes)
                TLanes.Store(target + i, TLanes.Load(source + i));
        }
    }

    /// <inheritdoc/>
    public override void Accumulate(float* source, float* target, nint count) => Map<AddTo>(source, target, count, default);

    /// <inheritdoc/>
    public override void AccumulateMaximum(float* source, float* target, nint count) => Map<MaximumOf>(source, target, count, default);

    /// <inheritdoc/>
    public override void Scale(float* values, nint count, float factor) => Map<ProductOf>(values, values, count, new PostOperation(default, factor));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Scale(float* source, float* target, nint rows, int channels, float* scale, float* shift)
    {
        int lanes = TLanes.Count;
        for (nint row = 0; row < rows; row++, source += channels, target += channels)
        {
            int c = 0;
            for (; c + lanes <= channels; c += lanes)
                TLanes.Store(target + c, TLanes.MultiplyAdd(TLanes.Load(source + c), TLanes.Load(scale + c), TLanes.Load(shift + c)));
            for (; c < channels; c++)
                target[c] = float.MultiplyAddEstimate(source[c], scale[c], shift[c]);
        }
    }

    /// <inheritdoc/>
    public override void Softmax(float* source, float* target, int count)
    {
        float largest = source[0];
        for (int i = 1; i < count; i++)
            largest = MathF.Max(largest, source[i]);
        Map<ExpOfDifference>(source, target, count, new PostOperation(default, largest));
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += target[i];
        Scale(target, count, (float)(1 / sum));
    }

    /// <summary>target = function(source, target) for each value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Map<TFunction>(float* source, float* target, nint count, PostOperation operation)
        where TFunction : struct, IFunction
    {
        int lanes = TLanes.Count;
        TVector first = TLanes.Broadcast(operation.First);
        TVector second = TLanes.Broadcast(operation.Second);
        nint i = 0;
        for (; i + lanes <= count; i += lanes)
            TLanes.Store(target + i, TFunction.Of(TLanes.Load(source + i), TLanes.Load(target + i), first, second));
        if (i == count)
            return;

        float* padded = stackalloc float[2 * lanes];
        new Span<float>(padded, 2 * lanes).Clear();
        int rest = (int)(count - i);
        new ReadOnlySpan<float>(source + i, rest).CopyTo(new Span<float>(padded, rest));
        new ReadOnlySpan<float>(target + i, rest).CopyTo(new Span<float>(padded + lanes, rest));
        TLanes.Store(padded, TFunction.Of(TLanes.Load(padded), TLanes.Load(padded + lanes), first, second));
        new ReadOnlySpan<float>(padded, rest).CopyTo(new Span<float>(target + i, rest));
    }

    /// <summary>A function of a new value x, the present value y and two parameters.</summary>
    private interface IFunction
    {
        static abstract TVector Of(TVector x, TVector y, TVector first, TVector second);
    }

    private readonly struct AddTo : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Add(x, y);
    }

    private readonly struct AddRelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Max(TLanes.Broadcast(0), TLanes.Add(x, y));
    }

    private readonly struct MaximumOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Max(y, x);
    }

    private readonly struct ProductOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Multiply(x, first);
    }

    private readonly struct ExpOfDifference : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Exp(TLanes.Subtract(x, first));
    }

    private readonly struct ReluOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Max(TLanes.Broadcast(0), x);
    }

    private readonly struct ClipOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Min(second, TLanes.Max(first, x));
    }

    private readonly struct LeakyOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) =>
            TLanes.SelectLess(x, TLanes.Broadcast(0), TLanes.Multiply(x, first), x);
    }

    private readonly struct TanhOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => HyperbolicTangent(x);
    }

    private readonly struct SigmoidOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => Logistic(x);
    }

    private readonly struct SiluOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Multiply(x, Logistic(x));
    }

    private readonly struct GeluOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second) => TLanes.Multiply(x, NormalDistribution(x));
    }

    private readonly struct GeluTanhOf : IFunction
    {
        /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), written as x·logistic of twice the argument.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second)
        {
            TVector cubic = TLanes.MultiplyAdd(TLanes.Multiply(TLanes.Multiply(x, x), x), TLanes.Broadcast(0.044715f), x);
            return TLanes.Multiply(x, Logistic(TLanes.Multiply(cubic, TLanes.Broadcast(1.5957691216057308f))));
        }
    }

    private readonly struct HardSwishOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second)
        {
            TVector gate = TLanes.MultiplyAdd(x, TLanes.Broadcast(1f / 6), TLanes.Broadcast(0.5f));
            return TLanes.Multiply(x, TLanes.Min(TLanes.Broadcast(1), TLanes.Max(TLanes.Broadcast(0), gate)));
        }
    }

    private readonly struct EluOf : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, TVector y, TVector first, TVector second)
        {
            TVector below = TLanes.Max(TLanes.Broadcast(-80), TLanes.Min(TLanes.Broadcast(0), x));
            return TLanes.SelectLess(x, TLanes.Broadcast(0), TLanes.Multiply(first, TLanes.Subtract(TLanes.Exp(below), TLanes.Broadcast(1))), x);
        }
    }

    /// <summary>1 / (1 + e⁻ˣ). Arguments beyond ±80 are cut off before the exponential overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Logistic(TVector x)
    {
        TVector one = TLanes.Broadcast(1);
        TVector bounded = TLanes.Min(TLanes.Broadcast(80), TLanes.Max(TLanes.Broadcast(-80), x));
        return TLanes.Divide(one, TLanes.Add(one, TLanes.Exp(TLanes.Subtract(TLanes.Broadcast(0), bounded))));
    }

    /// <summary>
    /// tanh x = 2·logistic(2x) − 1, and for |x| &lt; 0.6, where that would cancel, x plus its Taylor series from x³ to x¹³ (error below 4e-7 relative).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector HyperbolicTangent(TVector x)
    {
        TVector square = TLanes.Multiply(x, x);
        TVector series = TLanes.Broadcast(21844f / 6081075f);
        series = TLanes.MultiplyAdd(series, square, TLanes.Broadcast(-1382f / 155925f));
        series = TLanes.MultiplyAdd(series, square, TLanes.Broadcast(62f / 2835f));
        series = TLanes.MultiplyAdd(series, square, TLanes.Broadcast(-17f / 315f));
        series = TLanes.MultiplyAdd(series, square, TLanes.Broadcast(2f / 15f));
        series = TLanes.MultiplyAdd(series, square, TLanes.Broadcast(-1f / 3f));
        TVector small = TLanes.MultiplyAdd(TLanes.Multiply(series, square), x, x);
        TVector large = TLanes.MultiplyAdd(Logistic(TLanes.Add(x, x)), TLanes.Broadcast(2), TLanes.Broadcast(-1));
        return TLanes.SelectLess(square, TLanes.Broadcast(0.36f), small, large);
    }

    /// <summary>
    /// Φ(x) = erfc(−x/√2)/2 with the rational approximation 7.1.26 of Abramowitz and Stegun (absolute error at most 1.5e-7):
    /// for z = |x|/√2 and t = 1/(1 + pz), erfc(z) = t·(a₁ + t·(a₂ + t·(a₃ + t·(a₄ + t·a₅))))·e^(−z²).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector NormalDistribution(TVector x)
    {
        TVector zero = TLanes.Broadcast(0);
        TVector one = TLanes.Broadcast(1);
        TVector magnitude = TLanes.SelectLess(x, zero, TLanes.Subtract(zero, x), x);
        TVector z = TLanes.Multiply(magnitude, TLanes.Broadcast(0.70710678f));
        TVector t = TLanes.Divide(one, TLanes.MultiplyAdd(z, TLanes.Broadcast(0.3275911f), one));
        TVector sum = TLanes.Broadcast(1.061405429f);
        sum = TLanes.MultiplyAdd(sum, t, TLanes.Broadcast(-1.453152027f));
        sum = TLanes.MultiplyAdd(sum, t, TLanes.Broadcast(1.421413741f));
        sum = TLanes.MultiplyAdd(sum, t, TLanes.Broadcast(-0.284496736f));
        sum = TLanes.MultiplyAdd(sum, t, TLanes.Broadcast(0.254829592f));
        TVector exponent = TLanes.Max(TLanes.Broadcast(-80), TLanes.Subtract(zero, TLanes.Multiply(z, z)));
        TVector half = TLanes.Multiply(TLanes.Multiply(TLanes.Multiply(sum, t), TLanes.Exp(exponent)), TLanes.Broadcast(0.5f));
        return TLanes.SelectLess(x, zero, half, TLanes.Subtract(one, half));
    }
}
