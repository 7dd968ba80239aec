using BenchmarkDotNet.Running;
using ZipIt.PerformanceTests;

// "engine …" times the engine alone, "steps …" each step of a plan, "kernels" the innermost loops, "predict …" what ML.NET adds, "refit …" takes options of the refit against each other; "reference …" compares accuracies with those of the method's reference implementation; "fit …" times the steps of
// zipping; "normalization …" zips classifiers that normalize images differently; "shift …" measures right and wrong images; "rows …" scores very many rows;
// "load …" puts a web service under load; everything else goes to BenchmarkDotNet.
switch (args)
{
    case ["engine", .. string[] rest]:
        return EngineTimer.Run(rest);
    case ["steps", .. string[] rest]:
        return StepTimer.Run(rest);
    case ["predict", .. string[] rest]:
        return PredictionTimer.Run(rest);
    case ["refit", .. string[] rest]:
        return RefitComparison.Run(rest);
    case ["kernels"]:
        return KernelTimer.Run();
    case ["fit", .. string[] rest]:
        return FitTimer.Run(rest);
    case ["rows", .. string[] rest]:
        return RowCounter.Run(rest);
    case ["load", .. string[] rest]:
        return await LoadTest.RunAsync(rest);
    case ["normalization", .. string[] rest]:
        return NormalizationComparison.Run(rest);
    case ["shift", .. string[] rest]:
        return ShiftTable.Run(rest);
    case ["reference", .. string[] rest]:
        return ReferenceComparison.Run(rest);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}
