using BenchmarkDotNet.Running;
using ZipIt.PerformanceTests;

// "engine …" times the engine alone, in the form that eng/compare-pytorch reads; everything else goes to BenchmarkDotNet.
if (args is ["engine", .. string[] rest])
    return EngineTimer.Run(rest);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
