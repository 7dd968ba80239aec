using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZipIt.Networks;

/// <summary>Sums of an image's values and of their squares per channel, in double precision: the first half of measuring a batch.</summary>
internal sealed unsafe class BatchSumsStep(PlannedValue input, PlannedValue token, int normalization) : Step([input], token)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        int channels = input.Channels;
        Span<double> sums = batch.Normalizations[normalization].Sums.AsSpan(2 * channels * block, 2 * channels);
        sums.Clear();
        fixed (double* sum = sums)
        {
            float* values = batch.At(input) + (nint)block * input.ImageSize;
            for (int pixel = 0; pixel < input.Pixels; pixel++, values += channels)
                AddPixel(values, channels, sum, sum + channels);
        }
    }

    /// <summary>Adds the values of one pixel and their squares to the sums of their channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddPixel(float* values, int channels, double* sums, double* squares)
    {
        int half = Vector<double>.Count;
        int c = 0;
        for (; c + Vector<float>.Count <= channels; c += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(values + c), out Vector<double> low, out Vector<double> high);
            Vector.Store(Vector.Load(sums + c) + low, sums + c);
            Vector.Store(Vector.Load(sums + c + half) + high, sums + c + half);
            Vector.Store(Vector.Load(squares + c) + low * low, squares + c);
            Vector.Store(Vector.Load(squares + c + half) + high * high, squares + c + half);
        }

        for (; c < channels; c++)
        {
            double value = values[c];
            sums[c] += value;
            squares[c] += value * value;
        }
    }
}
