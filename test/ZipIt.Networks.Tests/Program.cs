using ZipIt.Networks.Tests.Inference;
using ZipIt.Numerics;

// Run as a program, the tests check the engine with the vectors that this process may use: RestrictedProcessorTests starts it with fewer than the processor
// has.
double error = EngineCheck.MeasureError();
Console.WriteLine($"{KernelSet.Best}, error {error:E1}");
return error < 1e-4 ? 0 : 1;
