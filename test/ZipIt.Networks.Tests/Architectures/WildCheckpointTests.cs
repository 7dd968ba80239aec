using System.Text.Json;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Architectures;

/// <summary>Checkpoints as training scripts of many kinds save them, and what PyTorch computes from them (<c>test/TestData/checkpoints</c>).</summary>
public sealed class WildCheckpointTests
{
    private const double Tolerance = 1e-4;

    /// <summary>What no tensor of a file tells.</summary>
    private static readonly Dictionary<string, ArchitectureOptions> Options = new()
    {
        ["stem3-maxpool.pt"] = new() { StemPooling = true },
        ["stem7-no-maxpool.pt"] = new() { StemPooling = false },
        ["leaky-relu.pt"] = new() { Activation = new LeakyReLU(0.1f) },
        ["stride-on-first.pt"] = new() { StrideOnFirstConvolution = true },
        ["padded-behind.pt"] = new() { ShortcutPadding = ChannelPadding.Behind },
        ["mobilenetv2-cifar.pt"] = new() { StemStride = 1, StageStrides = [1, 1, 2, 2, 1, 2, 1] },
    };

    [Theory]
    [InlineData("option-a.pt")]
    [InlineData("option-a-legacy-dataparallel.th")]
    [InlineData("best-acc-tensor.pth.tar")]
    [InlineData("legacy-optimizer.pth")]
    [InlineData("numpy-scalar.pt")]
    [InlineData("reference-script.pth")]
    [InlineData("swa.pt")]
    [InlineData("lightning.ckpt")]
    [InlineData("wrapped-ema.pt")]
    [InlineData("pruned.pt")]
    [InlineData("stem3-maxpool.pt")]
    [InlineData("stem7-no-maxpool.pt")]
    [InlineData("leaky-relu.pt")]
    [InlineData("conv-bias.pt")]
    [InlineData("vgg-512-head.pt")]
    [InlineData("vgg-64px.pt")]
    [InlineData("resnext.pt")]
    [InlineData("one-output-a.pt")]
    [InlineData("one-output-b.pt")]
    public void FromCheckpoint_FileOfATrainingScript_ComputesWhatPyTorchDoes(string file)
    {
        JsonElement expected = ReadExpected("wild").GetProperty(file);
        byte[] bytes = File.ReadAllBytes(TestFiles.InTestData($"checkpoints/wild/{expected.GetProperty("input").GetString()}"));
        var pixels = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, pixels, 0, bytes.Length);
        AssertComputes(expected, $"wild/{file}", pixels, expected.GetProperty("shape")[2].GetInt32());
    }

    [Theory]
    [InlineData("numbered-basic.pt")]
    [InlineData("numbered-bottleneck.pt")]
    [InlineData("transformers-bottleneck.pt")]
    [InlineData("stride-on-first.pt")]
    [InlineData("padded-behind.pt")]
    [InlineData("wide-plain.pt")]
    [InlineData("wide-bias.pt")]
    [InlineData("pre-activation.pt")]
    [InlineData("mobilenetv2.pt")]
    [InlineData("mobilenetv2-cifar.pt")]
    [InlineData("squeezenet-1.0.pt")]
    [InlineData("squeezenet-1.1.pt")]
    [InlineData("densenet.pt")]
    [InlineData("densenet-old-names.pt")]
    [InlineData("vgg-two-layers.pt")]
    [InlineData("vgg-three-layers.pt")]
    [InlineData("mobilenetv2-layers.pt")]
    [InlineData("densenet-new-first.pt")]
    public void FromCheckpoint_NamesOfACollection_ComputesWhatPyTorchDoes(string file)
    {
        JsonElement expected = ReadExpected("zoo").GetProperty(file);
        int size = expected.GetProperty("size").GetInt32();
        float[] pixels = [.. Enumerable.Range(0, 2 * 3 * size * size).Select(i => ((long)i * i * 31 + i / 97 * 17) % 255).Select(value => (value - 127) / 64f)];
        AssertComputes(expected, $"zoo/{file}", pixels, size);
    }

    /// <summary>The options matter: without them the outputs are others, which no tensor could tell.</summary>
    [Theory]
    [InlineData("wild/stem3-maxpool.pt")]
    [InlineData("wild/leaky-relu.pt")]
    [InlineData("zoo/stride-on-first.pt")]
    [InlineData("zoo/padded-behind.pt")]
    public void FromCheckpoint_OptionLeftOut_ComputesSomethingElse(string file)
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}"));
        float[] pixels = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (i * 7919L % 255 - 127) / 64f)];
        float[] usual = Run(Architecture.FromCheckpoint(weights, 32), pixels, 1),
            right = Run(Architecture.FromCheckpoint(weights, 32, options: Options[Path.GetFileName(file)]), pixels, 1);
        Assert.True(usual.Zip(right).Max(pair => Math.Abs(pair.First - pair.Second)) > 100 * Tolerance * right.Max(Math.Abs));
    }

    [Fact]
    public void FromCheckpoint_NoRunningStatistics_SaysWhy()
    {
        string message = Refuse("wild/no-running-stats.pt");
        Assert.Contains("running statistics", message);
        Assert.Contains("track_running_stats=False", message);
        Assert.Contains("'bn1.running_mean'", message);
    }

    [Fact]
    public void Load_LfsPointer_SaysWhatItIs()
    {
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(TestFiles.InTestData("checkpoints/wild/lfs-pointer.pth"))).Message;
        Assert.Contains("Git LFS", message);
        Assert.Contains("git lfs pull", message);
    }

    [Fact]
    public void FromCheckpoint_OptionOfAnotherArchitecture_IsRefused()
    {
        void Refused(string file, ArchitectureOptions options, string name)
        {
            StateDictionary weights = Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}"));
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => Architecture.FromCheckpoint(weights, 64, options: options)).Message);
        }

        Refused("wild/vgg-64px.pt", new ArchitectureOptions { StemPooling = true }, "StemPooling");
        Refused("wild/option-a.pt", new ArchitectureOptions { StrideOnFirstConvolution = true }, "StrideOnFirstConvolution");
        Refused("wild/conv-bias.pt", new ArchitectureOptions { ShortcutPadding = ChannelPadding.Behind }, "ShortcutPadding");
        Refused("wild/option-a.pt", new ArchitectureOptions { StageStrides = [1, 2] }, "StageStrides");
        Refused("wild/option-a.pt", new ArchitectureOptions { Epsilon = 0 }, "Epsilon");
        Refused("zoo/squeezenet-1.1.pt", new ArchitectureOptions { Epsilon = 1e-3f }, "Epsilon");
    }

    [Theory]
    [InlineData("wild/option-a.pt", "ResNet-8")]
    [InlineData("wild/resnext.pt", "ResNeXt-14")]
    [InlineData("wild/vgg-64px.pt", "VGG-11 with batch normalization")]
    [InlineData("zoo/wide-plain.pt", "Wide ResNet-8")]
    [InlineData("zoo/pre-activation.pt", "pre-activation ResNet-6")]
    [InlineData("zoo/mobilenetv2.pt", "MobileNetV2")]
    [InlineData("zoo/squeezenet-1.0.pt", "SqueezeNet")]
    [InlineData("zoo/densenet.pt", "DenseNet-13")]
    public void Describe_Checkpoint_NamesItsArchitecture(string file, string name) =>
        Assert.Equal(name, Architecture.Describe(Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}"))));

    [Fact]
    public void FromCheckpoint_NetworkInsideAModule_IsFound()
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.InTestData("checkpoints/wild/option-a.pt"));
        var inside = new StateDictionary("fake.pt",
            weights.Select(pair => KeyValuePair.Create($"backbone.{pair.Key}", pair.Value)).Append(KeyValuePair.Create("criterion.weight", new Tensor(5))));
        Assert.Equal("ResNet-8", Architecture.Describe(inside));
        Assert.True(Architecture.FromCheckpoint(inside).Contains("layer3.0.add"));
    }

    [Theory]
    [InlineData("features.0.weight", 11)] // AlexNet
    [InlineData("features.0.0.weight", 3)] // EfficientNet
    [InlineData("patch_embed.proj.weight", 16)] // a transformer
    public void FromCheckpoint_UnknownArchitecture_LeadsToOnnx(string name, int kernel)
    {
        var weights = new StateDictionary("fake.pt", [KeyValuePair.Create(name, new Tensor(4, 3, kernel, kernel))]);
        string message = Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(weights)).Message;
        Assert.Contains($"'{name}'", message);
        Assert.Contains("ONNX", message);
    }

    [Fact]
    public void FromCheckpoint_SeveralNetworks_AreListed()
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.InTestData("checkpoints/wild/option-a.pt"));
        var both = new StateDictionary("fake.pt",
            weights.SelectMany(pair => new[] { "student", "teacher" }.Select(name => KeyValuePair.Create($"{name}.{pair.Key}", pair.Value))));
        string message = Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(both)).Message;
        Assert.Contains("'student', 'teacher'", message);
        Assert.Contains("entry: \"student\"", message);
    }

    [Fact]
    public void FromCheckpoint_TranslatedName_IsNamedAsInTheFile()
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.InTestData("checkpoints/zoo/numbered-basic.pt"));
        var damaged = new StateDictionary(
            "fake.pt", weights.Select(pair => KeyValuePair.Create(pair.Key, pair.Key == "conv3_x.0.residual_function.4.bias" ? new Tensor(5) : pair.Value)));
        Assert.Contains(
            "'layer2.0.bn2.bias' ('conv3_x.0.residual_function.4.bias' in the file) should be [8], is [5]",
            Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(damaged)).Message);
    }

    /// <summary>Shortcuts without weights become convolutions, which a small file must not blow up to gigabytes.</summary>
    [Fact]
    public void FromCheckpoint_PaddedShortcutsOfHugeWidth_AreRefused()
    {
        const int Width = 20_000;
        ResNetLayout layout = ResNetLayout.Cifar(8, shortcutKernel: 0) with { StemChannels = 1, Bottleneck = true, Widths = [Width, Width, 2 * Width],
            InnerWidths = [1, 1, 1] };
        StateDictionary weights = ResNet.CreateRandomWeights(1, layout);
        Assert.Contains("shortcuts have no weights", Assert.Throws<InvalidDataException>(() => Architecture.FromCheckpoint(weights)).Message);
    }

    private static void AssertComputes(JsonElement expected, string file, float[] pixels, int size)
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}"));
        Network network = Architecture.FromCheckpoint(weights, size, options: Options.GetValueOrDefault(Path.GetFileName(file)));
        float[] output = Run(network, pixels, 2);
        double[] right = [.. expected.GetProperty("output").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble())];
        Assert.Equal(right.Length, output.Length);
        double scale = right.Max(Math.Abs);
        Assert.All(right.Zip(output), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / scale, 0, Tolerance));
    }

    private static float[] Run(Network network, float[] pixels, int images)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = images, Threads = 1 });
        session.Run(pixels, images);
        return session.GetOutput(0)[..(images * network.ShapeOf(network.Heads[0].Node)[0])].ToArray();
    }

    private static string Refuse(string file) => Assert.Throws<InvalidDataException>(
        () => Architecture.FromCheckpoint(Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}")))).Message;

    private static JsonElement ReadExpected(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(TestFiles.InTestData($"checkpoints/{folder}/expected.json")));
        return document.RootElement.Clone();
    }
}
