using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace Reproduction.DataSets;

/// <summary>
/// The residual network that all classifiers of an experiment are: one for large images if torchvision has it (18, 34, 50, 101 or 152 layers), otherwise one for
/// small images (6n + 2 layers).
/// </summary>
/// <param name="Depth">Number of its layers.</param>
/// <param name="Width">Multiplier of the channels of one for small images.</param>
internal sealed record ResNetChoice(int Depth, int Width = 1)
{
    private const int PaperDepth = 50;

    /// <summary>Whether it is made for images of about 224 pixels.</summary>
    public bool IsLarge => Depth is 18 or 34 or PaperDepth or 101 or 152;

    /// <summary>Its name in names of files.</summary>
    public string Name => IsLarge ? $"resnet{Depth}" : $"resnet{Depth}x{Width}";

    /// <summary>What is trained.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such network.</exception>
    public ImageArchitecture Architecture => IsLarge ? ImageArchitecture.ResNet(Depth) : ImageArchitecture.CifarResNet(Depth, Width);

    /// <summary>Its layers.</summary>
    /// <param name="outputs">Number of outputs.</param>
    public ResNetLayout CreateLayout(int outputs) => IsLarge ? ResNetLayout.ImageNet(Depth, outputs) : ResNetLayout.Cifar(Depth, Width, outputs);

    /// <summary>
    /// The cuts of the paper, the deepest first: before the heads, between two blocks of a ResNet-50's third stage, and behind earlier stages; behind each
    /// stage in other networks.
    /// </summary>
    public IReadOnlyList<(string Name, ZipCut Cut)> ListCuts()
    {
        ResNetLayout layout = CreateLayout(outputs: 1);
        int perBlock = layout.Bottleneck ? 3 : 2;
        int[] layers = [.. Enumerable.Range(1, layout.BlockCounts.Count - 1).Reverse().Select(stages => 1 + perBlock * layout.BlockCounts.Take(stages).Sum())];
        if (Depth == PaperDepth)
            layers[0] -= perBlock;
        return [($"{Depth - 1}/{Depth}", ZipCut.BeforeHeads), .. layers.Select(count => ($"{count}/{Depth}", ZipCut.AfterLayers(count)))];
    }
}
