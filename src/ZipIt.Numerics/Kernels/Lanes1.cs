namespace ZipIt.Numerics;

/// <summary>One float: for processors without vectors, and the plainest version for tests.</summary>
internal readonly unsafe struct Lanes1 : ILanes<float>
{
    public static bool IsSupported => true;

    public static int Count => 1;

    public static bool HasManyRegisters => false;

    public static float Load(float* source) => *source;

    public static void Store(float* target, float value) => *target = value;

    public static float Broadcast(float value) => value;

    public static float Add(float left, float right) => left + right;

    public static float Subtract(float left, float right) => left - right;

    public static float Multiply(float left, float right) => left * right;

    public static float Divide(float left, float right) => left / right;

    public static float MultiplyAdd(float left, float right, float addend) => float.MultiplyAddEstimate(left, right, addend);

    public static float Max(float bound, float value) => value < bound ? bound : value;

    public static float Min(float bound, float value) => value > bound ? bound : value;

    public static float SelectLess(float left, float right, float yes, float no) => left < right ? yes : no;

    public static float Exp(float value) => MathF.Exp(value);
}
