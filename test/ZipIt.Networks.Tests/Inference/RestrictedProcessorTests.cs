using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>The engine in processes in which the runtime uses fewer instructions than the processor has.</summary>
public class RestrictedProcessorTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", 256)]
    [InlineData("DOTNET_EnableAVX2", 128)]
    [InlineData("DOTNET_EnableHWIntrinsic", 32)]
    public void Run_WithoutInstructions_UsesNarrowerVectorsAndAgrees(string setting, int expectedBits)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RestrictedProcessorTests).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment[setting] = "0";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        if (Avx2.IsSupported)
            Assert.StartsWith($"{expectedBits}-bit vectors", output, StringComparison.Ordinal);
    }
}
