using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Onnx.Tests;

/// <summary>Networks that came as ONNX files are zipped, and leave as ONNX files.</summary>
public sealed class ZipTests
{
    private const int Images = 128; // a refit to far fewer leaves networks of random weights ill-conditioned, which magnify rounding in any engine

    public static TheoryData<string, bool> Pairs { get; } = MakePairs();

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Zip_PairOfPyTorch_RunsInOnnxRuntime(string name, bool isWhole)
    {
        ZipMember[] members = [.. "ab".Select(member =>
            new ZipMember($"{member}", OnnxNetwork.Load(TestFiles.InTestData($"onnx/{name}-{member}.onnx")).Network))];
        Tensor[] images = Agreement.DrawImages(members[0].Network, Images);
        long separate = members.Sum(member => NetworkCost.Of(member.Network).MultiplyAdds);

        Network zipped = new Zipper(members, new ZipOptions { Cut = isWhole ? ZipCut.BeforeHeads : ZipCut.AfterLayers(3), Threads = 1, BatchSize = Images,
            CalibrationCheck = CalibrationCheck.Skip })
            .Zip(new InMemoryImages(images[0])).Network;
        byte[] file = Agreement.Export(zipped,
            new OnnxExportOptions { Tasks = [.. zipped.Heads.Select(head =>
            new OnnxTask(head.Name, [.. Enumerable.Range(0, zipped.ShapeOf(head.Node)[0]).Select(c => $"{head.Name}{c}")]))] });
        OnnxNetwork loaded = Agreement.Import(file);
        using var session = new OnnxRuntimeSession(file);

        long cost = NetworkCost.Of(zipped).MultiplyAdds;
        Assert.InRange(cost, 1, isWhole ? (long)(0.7 * separate) : separate - 1);
        Assert.Equal(["a", "b"], session.OutputNames);
        Assert.InRange(Agreement.Error(session.Run(images), Agreement.Run(zipped, images)), 0, 1e-4);
        Assert.Equal(["a", "b"], loaded.Tasks.Select(task => task.Output));
        Assert.Equal(Agreement.ToBytes(zipped), Agreement.ToBytes(loaded.Network));
    }

    private static TheoryData<string, bool> MakePairs()
    {
        var pairs = new TheoryData<string, bool>();
        foreach (string path in Directory.GetFiles(Path.Combine(TestFiles.Root, "test", "TestData", "onnx"), "*-a.onnx").Order())
        {
            pairs.Add(Path.GetFileNameWithoutExtension(path)[..^2], false);
            pairs.Add(Path.GetFileNameWithoutExtension(path)[..^2], true);
        }

        return pairs;
    }
}
