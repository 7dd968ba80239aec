using System.Diagnostics;
using System.Globalization;
using ZipIt.Numerics;

namespace ZipIt.PerformanceTests;

/// <summary>Billions of operations per second of the kernels that the time goes into, on one thread, for each width of vectors that the processor has.</summary>
internal static unsafe class KernelTimer
{
    private const int Rows = 192;
    private const int Depth = 256;
    private const int Channels = 128;
    private const int Pixels = 56;

    /// <summary>Prints a line for each width.</summary>
    public static int Run()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine($"peak of a core {StepTimer.MeasurePeak():F1} GFLOPS");
        Console.WriteLine($"{"",-18}{"product",10}{"product of 49 rows",20}{"columns",10}{"3×3 of each channel",21}");
        foreach (KernelSet kernels in KernelSet.Supported)
            Console.WriteLine($"{kernels,-18}{Multiply(kernels, 96),10:F1}{Multiply(kernels, 49),20:F1}{MultiplyColumns(kernels),10:F1}{Convolve(kernels),21:F1}");
        return 0;
    }

    private static double Multiply(KernelSet kernels, int rows)
    {
        AlignedBuffer a = AlignedBuffer.Zeros(rows * Depth), b = AlignedBuffer.Zeros(Depth * Channels), c = AlignedBuffer.Zeros(rows * Channels);
        var packed = new PackedMatrix(b.Pointer, Depth, Channels, kernels.Lanes);
        return Measure(2.0 * rows * Depth * Channels, () => kernels.Multiply(
            a.Pointer, Depth, rows, packed, 0, packed.PanelCount, c.Pointer, Channels, c.Pointer, Channels, null, new PostOperation(PostOperationKind.Relu)));
    }

    private static double MultiplyColumns(KernelSet kernels)
    {
        const int Width = RankUpdate.PanelWidth;
        AlignedBuffer x = AlignedBuffer.Zeros(Rows * Width), y = AlignedBuffer.Zeros(Rows * Width), product = AlignedBuffer.Zeros(Width * Width);
        return Measure(2.0 * Rows * Width * Width, () => kernels.MultiplyColumns(x.Pointer, Width, y.Pointer, Rows, product.Pointer));
    }

    private static double Convolve(KernelSet kernels)
    {
        AlignedBuffer source = AlignedBuffer.Zeros(3 * (Pixels + 2) * Channels), target = AlignedBuffer.Zeros(Pixels * Channels),
            weights = AlignedBuffer.Zeros(9 * Channels), bias = AlignedBuffer.Zeros(Channels);
        var windows = new ChannelWindows
        {
            Count = Pixels,
            Channels = Channels,
            Rows = 3,
            Columns = 3,
            Source = source.Pointer,
            WindowStride = Channels,
            TapStride = Channels,
            RowStride = (Pixels + 2) * Channels,
            Weights = weights.Pointer,
            WeightRowStride = 3 * Channels,
            Bias = bias.Pointer,
        };
        return Measure(2.0 * 9 * Pixels * Channels, () => kernels.Convolve(windows, target.Pointer, null, new PostOperation(PostOperationKind.Clip, 0, 6)));
    }

    /// <summary>The best of many short turns: what else the machine does makes them longer, never shorter.</summary>
    private static double Measure(double operations, Action action)
    {
        const int Turns = 200;
        int calls = (int)Math.Max(1, 2e7 / operations);
        double shortest = double.PositiveInfinity;
        for (int turn = 0; turn < Turns; turn++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int call = 0; call < calls; call++)
                action();
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalSeconds / calls);
        }

        return 1e-9 * operations / shortest;
    }
}
