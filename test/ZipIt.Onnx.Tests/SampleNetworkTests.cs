using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Onnx.Tests;

/// <summary>Files that PyTorch's exporter wrote (<c>eng/make-onnx-samples</c>).</summary>
public sealed class SampleNetworkTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Samples { get; } = [.. Directory.GetFiles(Path.Combine(TestFiles.Root, "test", "TestData", "onnx"), "*.onnx")
        .Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Load_FileOfPyTorch_ComputesWhatOnnxRuntimeDoes(string name)
    {
        string path = TestFiles.InTestData($"onnx/{name}.onnx");
        OnnxNetwork loaded = OnnxNetwork.Load(path);
        using var session = new OnnxRuntimeSession(path);
        Tensor[] images = Agreement.DrawImages(loaded.Network, session.BatchSize > 0 ? session.BatchSize : 3);

        Assert.Equal("image", loaded.InputName);
        Assert.Equal("scores", loaded.Network.Heads.Single().Name);
        Assert.InRange(Agreement.Error(session.Run(images), Agreement.Run(loaded.Network, images)), 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Save_ImportedNetwork_RunsInOnnxRuntimeAndIsReadBackUnchanged(string name)
    {
        Network network = OnnxNetwork.Load(TestFiles.InTestData($"onnx/{name}.onnx")).Network;
        byte[] file = Agreement.Export(network);
        Tensor[] images = Agreement.DrawImages(network, 3);
        using var session = new OnnxRuntimeSession(file);

        Assert.InRange(Agreement.Error(session.Run(images), Agreement.Run(network, images)), 0, Tolerance);
        Assert.Equal(Agreement.ToBytes(network), Agreement.ToBytes(Agreement.Import(file).Network));
    }
}
