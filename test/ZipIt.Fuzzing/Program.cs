using System.Diagnostics;
using SharpFuzz;
using ZipIt.Fuzzing;

// list                      names the targets
// seeds TARGET FOLDER       writes the inputs to begin with
// run TARGET                takes inputs from afl-fuzz, which started this process
// replay TARGET FILE …      tries inputs that were found
// mutate TARGET SECONDS     tries random changes of the seeds; needs neither instrumentation nor afl-fuzz
// try FILE                  reads a file as an application would, and measures time and memory
switch (args)
{
    case ["list"]:
        foreach (FuzzTarget target in FuzzTargets.All)
            Console.WriteLine(target.Name);
        return 0;
    case ["seeds", var name, var folder]:
        Directory.CreateDirectory(folder);
        int index = 0;
        foreach (byte[] seed in FuzzTargets.Find(name).MakeSeeds())
            File.WriteAllBytes(Path.Combine(folder, $"seed-{index++}"), seed);
        return 0;
    case ["run", var name]:
        FuzzTarget running = FuzzTargets.Find(name);
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            running.Try(input.ToArray());
        });
        return 0;
    case ["replay", var name, .. var files]:
        FuzzTarget replayed = FuzzTargets.Find(name);
        foreach (string file in files)
        {
            var clock = Stopwatch.StartNew();
            bool accepted = replayed.Try(File.ReadAllBytes(file));
            Console.WriteLine($"{file}: {(accepted ? "accepted" : "refused")} in {clock.Elapsed.TotalSeconds:0.000} s");
        }

        return 0;
    case ["mutate", var name, var seconds]:
        FuzzTarget mutated = FuzzTargets.Find(name);
        byte[][] seeds = [.. mutated.MakeSeeds()];
        var mutator = new Mutator(Environment.TickCount);
        long count = 0, taken = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < double.Parse(seconds); count++)
        {
            byte[] input = mutator.Mutate(seeds);
            var one = Stopwatch.StartNew();
            try
            {
                taken += mutated.Try(input) ? 1 : 0;
            }
            catch
            {
                File.WriteAllBytes($"fault-{name}", input);
                throw;
            }

            if (one.Elapsed.TotalSeconds > 5)
                File.WriteAllBytes($"slow-{name}-{count}", input);
        }

        Console.WriteLine($"{name}: {count} inputs, {taken} accepted");
        return 0;
    case ["try", var tried]:
        return FileTrial.Run(tried) ? 0 : 1;
    default:
        Console.Error.WriteLine("Expected: list | seeds TARGET FOLDER | run TARGET | replay TARGET FILE … | mutate TARGET SECONDS | try FILE");
        return 2;
}
