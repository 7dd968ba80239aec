using ZipIt.MLNet.Tests;
using ZipIt.MLNet.Tests.Faults;

// Run as a program, the tests do what needs a process of its own: zip with the vector instructions that the process may use, or save models until the process
// is killed.
switch (args)
{
    case ["zip"]:
        InstructionSetTests.PrintModels();
        return 0;
    case ["save", var path]:
        KilledSaveTests.SaveForever(path);
        return 0;
    default:
        Console.Error.WriteLine("Expected: zip | save PATH");
        return 2;
}
