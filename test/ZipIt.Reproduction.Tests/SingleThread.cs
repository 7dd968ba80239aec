using System.Runtime.CompilerServices;
using TorchSharp;
using ZipIt.TorchSharp;

namespace ZipIt.Reproduction.Tests;

/// <summary>Test projects run side by side: libtorch's threads, which wait by turning round and round, would take the processors from each other.</summary>
internal static class SingleThread
{
    [ModuleInitializer]
    internal static void Set()
    {
        try
        {
            _ = new TorchSharpEngine(); // loads libtorch
            torch.set_num_threads(1);
        }
        catch (NotSupportedException)
        {
            // As a program, the tests also run where libtorch cannot be loaded.
        }
    }
}
