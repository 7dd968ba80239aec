namespace ZipIt.Numerics.Tests;

public sealed unsafe class ScaleNegativeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(37)]
    public void ScaleNegative_AnyWidth_ScalesWhatIsBelowZeroByItsChannel(int channels)
    {
        const int Rows = 3;
        var random = new Random(channels);
        var values = new float[Rows * channels];
        var slopes = new float[channels];
        foreach (ref float value in values.AsSpan())
            value = random.NextSingle() - 0.5f;
        foreach (ref float slope in slopes.AsSpan())
            slope = 2 * random.NextSingle() - 1;
        values[0] = -0f;
        float[] expected = [.. values.Select((value, i) => value < 0 ? value * slopes[i % channels] : value)];
        foreach (KernelSet kernels in KernelSet.Supported)
        {
            float[] result = [.. Enumerable.Repeat(float.NaN, values.Length + 1)];
            fixed (float* source = values, target = result, factors = slopes)
                kernels.ScaleNegative(source, target, Rows, channels, factors);
            Assert.Equal(expected, result[..^1]);
            Assert.True(float.IsNaN(result[^1]), "The kernel wrote beyond the end.");
        }
    }
}
