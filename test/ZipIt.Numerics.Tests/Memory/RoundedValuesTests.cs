using ZipIt.TestFramework;

namespace ZipIt.Numerics.Tests;

public sealed class RoundedValuesTests
{
    [Fact]
    public void Round_AnyValues_LeavesThreeDigits()
    {
        float[] values = [.. new NetworkGenerator(1).DrawValues(1003), 0, -0f, 1e-38f, 3e38f, 1, -2.5f];

        float[] back = RoundTrip(values);

        Assert.All(values.Zip(back), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Math.Abs(pair.First) / 256));
        Assert.Equal([1, -2.5f], back[^2..]);
    }

    [Theory]
    [InlineData(1.00390625f, 1)] // halfway to 1.0078125: to even
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(1.0039064f, 1.0078125f)]
    public void Round_BetweenTwo_TakesTheNearest(float value, float expected)
    {
        float[] values = new float[37]; // whole vectors and what is left
        Array.Fill(values, value);

        Assert.All(RoundTrip(values), rounded => Assert.Equal(expected, rounded));
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.NaN)]
    public void Round_NotFinite_StaysSo(float value)
    {
        float[] values = new float[37];
        Array.Fill(values, value);

        Assert.All(RoundTrip(values), rounded => Assert.Equal(value, rounded));
    }

    [Fact]
    public void Round_NotANumberWithLowBits_StaysNone() =>
        Assert.All(RoundTrip([.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(0x7F800001), 37)]), rounded => Assert.True(float.IsNaN(rounded)));

    private static float[] RoundTrip(float[] values)
    {
        float[] memory = new float[RoundedValues.SizeOf(values.Length)], back = new float[values.Length];
        Span<ushort> rounded = RoundedValues.In(memory)[..values.Length];
        RoundedValues.Round(values, rounded);
        RoundedValues.Expand(rounded, back);
        float[] floats = new float[values.Length];
        RoundedValues.Round(values, floats);
        Assert.Equal(back, floats);
        return back;
    }
}
