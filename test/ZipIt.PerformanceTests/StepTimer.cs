using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Times each step of a network's plan on one thread against what the processor could do at most: the rate of multiply-adds of one core and the rate at which it
/// reads memory, both as measured. Arguments: network, batch size, seconds, and optionally the number of lanes (16, 8, 4).
/// </summary>
internal static unsafe class StepTimer
{
    /// <summary>Prints the table.</summary>
    public static int Run(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        (string name, int batch, double seconds) = (args[0], int.Parse(args[1]), double.Parse(args[2]));
        KernelSet kernels = args.Length > 3 ? KernelSet.Supported.First(set => set.Lanes == int.Parse(args[3])) : KernelSet.Best;
        Network network = BenchmarkNetworks.Create(name);
        PlanDraft draft = PlanBuilder.Draft(network, new SessionOptions { MaximumBatchSize = batch, Limits = SessionLimits.None }, kernels);
        var plan = new ExecutionPlan(draft);
        int chunk = plan.ChunkSize > 0 ? plan.ChunkSize : batch;
        StepDraft[] drafts = [.. draft.Waves.SelectMany(wave => wave)];
        Step[] steps = [.. plan.Waves.SelectMany(wave => wave)];
        double[] times = Time(plan, steps, BenchmarkNetworks.DrawImages(network, chunk), chunk, seconds);

        double peak = MeasurePeak();
        double bandwidth = MeasureBandwidth();
        Console.WriteLine($"{kernels}, {chunk} images; peak of a core {peak:F1} GFLOPS, {bandwidth:F1} GB/s");
        Console.WriteLine($"{"ms",8} {"share",6} {"GFLOPS",7} {"least ms",8} {"of peak",7}  step");
        double total = times.Sum();
        for (int i = 0; i < steps.Length; i++)
        {
            double operations = 2e-9 * chunk * CountMultiplyAdds(drafts[i]);
            double bytes = 4e-9 * (steps[i].WeightCount + (double)chunk * (steps[i].Output.ImageSize + steps[i].Inputs.Sum(input => (long)input.ImageSize)));
            double least = Math.Max(operations / peak, bytes / bandwidth) * 1e3;
            Console.WriteLine($"{times[i] * 1e3,8:F3} {times[i] / total,6:P1} {operations / times[i],7:F1} {least,8:F3} {least / times[i] / 1e3,7:P0}  {Describe(drafts[i], steps[i])}");
        }

        Console.WriteLine($"{total * 1e3,8:F3} ms in all");
        return 0;
    }

    private static double[] Time(ExecutionPlan plan, Step[] steps, float[] images, int chunk, double seconds)
    {
        var batch = new Batch(plan, chunk, 1, length => AlignedBuffer.Zeros((int)length));
        AlignedBuffer kept = AlignedBuffer.Zeros((int)(plan.KeptSize * plan.MaximumBatchSize));
        AlignedBuffer scratch = AlignedBuffer.Zeros(plan.ScratchSize);
        var times = new List<double>[steps.Length];
        for (int i = 0; i < steps.Length; i++)
            times[i] = [];
        fixed (float* pointer = images)
        {
            float*[] inputs = [pointer];
            long begin = Stopwatch.GetTimestamp();
            do
            {
                batch.Take(inputs, kept.Pointer, 0, chunk);
                for (int i = 0; i < steps.Length; i++)
                {
                    long start = Stopwatch.GetTimestamp();
                    int blocks = steps[i].CountBlocks(chunk, 1);
                    for (int block = 0; block < blocks; block++)
                        steps[i].Run(batch, block, scratch.Pointer);
                    times[i].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
            while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds);
        }

        GC.KeepAlive(kept);
        GC.KeepAlive(scratch);
        return [.. times.Select(list => list.Order().ElementAt(list.Count / 2))];
    }

    private static double CountMultiplyAdds(StepDraft draft) => draft.Layer switch
    {
        Conv2d conv => (double)draft.Output.Pixels * conv.Weight.Length,
        Linear linear => linear.Weight.Length,
        _ => 0,
    };

    private static string Describe(StepDraft draft, Step step)
    {
        string shape = string.Join(" + ", draft.Inputs.Select(input => $"{input.Channels}×{input.Height}×{input.Width}"));
        string layer = draft.Layer is Conv2d conv ? $" {conv.Kernel.Height}×{conv.Kernel.Width}/{conv.Stride.Height}{(conv.Groups > 1 ? $" in {conv.Groups} groups" : "")}" : "";
        return $"{step.GetType().Name.Replace("Step", ""),-11}{layer} {shape} → {draft.Output.Channels}×{draft.Output.Height}×{draft.Output.Width} ({draft.Node.Name})";
    }

    /// <summary>Billions of operations per second of one core that does nothing but multiply-adds in registers.</summary>
    public static double MeasurePeak()
    {
        const int Rounds = 4_000_000;
        double best = 0;
        for (int repeat = 0; repeat < 20; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            int lanes = Vector512.IsHardwareAccelerated ? MultiplyAdd512(Rounds) : MultiplyAdd256(Rounds);
            best = Math.Max(best, 2e-9 * lanes * 10 * Rounds / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int MultiplyAdd512(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.5f), y = Vector512.Create(0.25f);
        Vector512<float> s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x, s8 = x, s9 = x;
        for (int i = 0; i < rounds; i++)
        {
            s0 = Vector512.MultiplyAddEstimate(s0, x, y);
            s1 = Vector512.MultiplyAddEstimate(s1, x, y);
            s2 = Vector512.MultiplyAddEstimate(s2, x, y);
            s3 = Vector512.MultiplyAddEstimate(s3, x, y);
            s4 = Vector512.MultiplyAddEstimate(s4, x, y);
            s5 = Vector512.MultiplyAddEstimate(s5, x, y);
            s6 = Vector512.MultiplyAddEstimate(s6, x, y);
            s7 = Vector512.MultiplyAddEstimate(s7, x, y);
            s8 = Vector512.MultiplyAddEstimate(s8, x, y);
            s9 = Vector512.MultiplyAddEstimate(s9, x, y);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9) > 0 ? 16 : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int MultiplyAdd256(int rounds)
    {
        Vector256<float> x = Vector256.Create(0.5f), y = Vector256.Create(0.25f);
        Vector256<float> s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x, s8 = x, s9 = x;
        for (int i = 0; i < rounds; i++)
        {
            s0 = Vector256.MultiplyAddEstimate(s0, x, y);
            s1 = Vector256.MultiplyAddEstimate(s1, x, y);
            s2 = Vector256.MultiplyAddEstimate(s2, x, y);
            s3 = Vector256.MultiplyAddEstimate(s3, x, y);
            s4 = Vector256.MultiplyAddEstimate(s4, x, y);
            s5 = Vector256.MultiplyAddEstimate(s5, x, y);
            s6 = Vector256.MultiplyAddEstimate(s6, x, y);
            s7 = Vector256.MultiplyAddEstimate(s7, x, y);
            s8 = Vector256.MultiplyAddEstimate(s8, x, y);
            s9 = Vector256.MultiplyAddEstimate(s9, x, y);
        }

        return Vector256.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9) > 0 ? 8 : 0;
    }

    /// <summary>Billions of bytes per second that one core reads from memory beyond its caches.</summary>
    private static double MeasureBandwidth()
    {
        float[] values = new float[32 * 1024 * 1024];
        Array.Fill(values, -0f);
        double best = 0, sum = 0;
        for (int repeat = 0; repeat < 5; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            fixed (float* pointer = values)
                sum += Add(pointer, values.Length);
            best = Math.Max(best, 4e-9 * values.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        if (sum != 0)
            throw new InvalidOperationException("The sum of zeros is not zero.");
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Add(float* values, int count)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int i = 0; i < count; i += 32)
        {
            s0 += Vector256.Load(values + i);
            s1 += Vector256.Load(values + i + 8);
            s2 += Vector256.Load(values + i + 16);
            s3 += Vector256.Load(values + i + 24);
        }

        return Vector256.Sum(s0 + s1 + s2 + s3);
    }
}
