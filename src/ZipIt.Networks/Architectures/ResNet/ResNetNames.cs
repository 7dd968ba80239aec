using System.Text.RegularExpressions;

namespace ZipIt.Networks;

/// <summary>The names that other collections of models give the tensors of a ResNet, and the ones that stand for them here.</summary>
internal static partial class ResNetNames
{
    private static readonly string[] ResidualModules = ["conv1", "bn1", "", "conv2", "bn2", "", "conv3", "bn3"];

    /// <summary>The same tensors under the usual names; the given ones where they have them already.</summary>
    public static StateDictionary Translate(StateDictionary weights)
    {
        Func<string, string>? translate = weights.ContainsKey("conv1.0.weight")
            && weights.Keys.Any(name => name.StartsWith("conv2_x.", StringComparison.Ordinal)) ? FromNumberedConvolutions
            : weights.Keys.Any(name => name.StartsWith("block1.layer.0.", StringComparison.Ordinal)) ? FromWideResNet
            : weights.Keys.Any(name => name.EndsWith("embedder.embedder.convolution.weight", StringComparison.Ordinal)) ? FromTransformers
            : null;
        if (translate is null || weights.Rename(translate) is not { } renamed)
            return weights;
        Dictionary<string, string> origins = weights.Keys.ToDictionary(translate, name => name, StringComparer.Ordinal);
        return new StateDictionary(weights.Source, renamed, weights.Metadata,
            renamed.Unreadable) { NameInFile = name => origins.GetValueOrDefault(name, name) };
    }

    /// <summary><c>conv1.0</c>, <c>conv1.1</c>, <c>conv2_x.0.residual_function.3</c> …, as in weiaicunzai's collection for CIFAR-100.</summary>
    private static string FromNumberedConvolutions(string name)
    {
        if (name.StartsWith("conv1.0.", StringComparison.Ordinal))
            return "conv1." + name["conv1.0.".Length..];
        if (name.StartsWith("conv1.1.", StringComparison.Ordinal))
            return "bn1." + name["conv1.1.".Length..];
        if (NumberedStage().Match(name) is not { Success: true } match)
            return name;
        string block = $"layer{match.Groups[1].Value[0] - '1'}.{match.Groups[2].Value}.";
        if (!match.Groups[3].Success)
            return block + match.Groups[4].Value;
        string module = ResidualModules[match.Groups[3].Value[0] - '0'];
        return module.Length == 0 ? name : $"{block}{module}.{match.Groups[4].Value}";
    }

    /// <summary><c>block1.layer.0.conv1</c>, <c>convShortcut</c>, as in implementations of Wide ResNets.</summary>
    private static string FromWideResNet(string name) => WideStage().Replace(name, "layer$1.$2.");

    /// <summary><c>resnet.encoder.stages.0.layers.0.layer.1.convolution</c> …, as in the transformers library.</summary>
    private static string FromTransformers(string name)
    {
        const string Embedder = "embedder.embedder.";
        string inner = name.StartsWith("resnet.", StringComparison.Ordinal) ? name["resnet.".Length..] : name;
        if (inner.StartsWith(Embedder, StringComparison.Ordinal))
            return inner[Embedder.Length..].Replace("convolution.", "conv1.", StringComparison.Ordinal)
                .Replace("normalization.", "bn1.", StringComparison.Ordinal);
        if (inner.StartsWith("classifier.1.", StringComparison.Ordinal))
            return "fc." + inner["classifier.1.".Length..];
        if (TransformersLayer().Match(inner) is not { Success: true } match)
            return name;
        string block = $"layer{match.Groups[1].Value[0] - '0' + 1}.{match.Groups[2].Value}.";
        bool isConvolution = match.Groups[4].Value == "convolution";
        return match.Groups[3].Success
            ? $"{block}{(isConvolution ? "conv" : "bn")}{match.Groups[3].Value[0] - '0' + 1}.{match.Groups[5].Value}"
            : $"{block}downsample.{(isConvolution ? 0 : 1)}.{match.Groups[5].Value}";
    }

    [GeneratedRegex(@"^conv([2-5])_x\.(\d{1,4})\.(?:residual_function\.([0-7])\.|(?=shortcut\.))(.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberedStage();

    [GeneratedRegex(@"^block([1-8])\.layer\.(\d{1,4})\.", RegexOptions.CultureInvariant)]
    private static partial Regex WideStage();

    [GeneratedRegex(@"^encoder\.stages\.([0-7])\.layers\.(\d{1,4})\.(?:layer\.([0-2])|shortcut)\.(convolution|normalization)\.(.+)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex TransformersLayer();
}
