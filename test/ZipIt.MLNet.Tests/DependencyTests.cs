using System.Reflection;
using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void SystemNumericsTensors_EveryAssembly_AsksForNoneNewerThanMLNets()
    {
        Version brought = VersionIn(Assembly.Load("Microsoft.ML.CpuMath"))!;

        foreach (Assembly assembly in (Assembly[])[typeof(Tensor).Assembly, typeof(Zipper).Assembly, typeof(ZipTransformer).Assembly,
            .. Assemblies("ZipIt.Numerics")])
            Assert.True(VersionIn(assembly) is not { } asked || asked <= brought, $"{assembly} asks for {VersionIn(assembly)}, ML.NET brings {brought}.");

        static Version? VersionIn(Assembly assembly) => assembly.GetReferencedAssemblies()
            .FirstOrDefault(name => name.Name == "System.Numerics.Tensors")?.Version;

        static IEnumerable<Assembly> Assemblies(string name) => [Assembly.Load(name)];
    }

    /// <summary>Who does not train with TorchSharp shall not fetch half a gigabyte of it.</summary>
    [Fact]
    public void OutputFolder_OfAUserOfZipItMLNet_HoldsNothingOfTorch() =>
        Assert.DoesNotContain(Directory.GetFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories),
            file => Path.GetFileName(file).Contains("torch", StringComparison.OrdinalIgnoreCase));
}
