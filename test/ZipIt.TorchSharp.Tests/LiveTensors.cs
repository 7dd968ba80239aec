using TorchSharp;

namespace ZipIt.TorchSharp.Tests;

/// <summary>Counts living tensors. What is counted afterwards, without a collection, shows what was not disposed.</summary>
internal static class LiveTensors
{
    /// <summary>The number, when the garbage collector has taken those that other tests have left to it: later it could take them at any time.</summary>
    public static long CountAfterCollection()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }
}
