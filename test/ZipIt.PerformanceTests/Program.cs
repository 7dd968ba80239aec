using BenchmarkDotNet.Running;
using ZipIt.PerformanceTests;

if (args is ["reference", .. string[] options])
    return ReferenceComparison.Run(options);

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
