using ZipIt.TorchSharp;

// Run as a program, the tests load libtorch and say how that went: LibTorchTests starts it where there is none, and where it does not fit the system.
try
{
    Console.WriteLine(new TorchSharpEngine().Device);
    return 0;
}
catch (NotSupportedException failure)
{
    Console.WriteLine(failure.Message);
    return 1;
}
