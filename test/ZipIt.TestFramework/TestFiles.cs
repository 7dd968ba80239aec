using System.IO.Compression;
using ZipIt.Networks;

namespace ZipIt.TestFramework;

/// <summary>Finds and reads the files that tests need.</summary>
public static class TestFiles
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>Root of the repository.</summary>
    public static string Root => LazyRoot.Value;

    /// <summary>Path of the checkpoint with a prototype head: task 'a' (classes 0 2 4 6 8) or 'b' (1 3 5 7 9).</summary>
    public static string PrototypeModel(char task) => InQuickstart($"resnet20-w1-{task}.pt");

    /// <summary>Path of the checkpoint with a class-score head: task 'a' (classes 0 2 4 6 8) or 'b' (1 3 5 7 9).</summary>
    public static string ClassModel(char task) => InTestData($"resnet20-w1-class-{task}.pt");

    /// <summary>The class prototypes [10, 512] of the prototype checkpoints.</summary>
    public static Tensor LoadPrototypes() => SafeTensors.Load(InQuickstart("prototypes.safetensors"))["prototypes"];

    /// <summary>The network of a prototype checkpoint, for normalized images.</summary>
    public static Network LoadPrototypeNetwork(char task) => ResNet.FromCheckpoint(Checkpoint.Load(PrototypeModel(task)));

    /// <summary>The network of a class-score checkpoint, for normalized images.</summary>
    public static Network LoadClassNetwork(char task) => ResNet.FromCheckpoint(Checkpoint.Load(ClassModel(task)));

    /// <summary>A path in <c>test/TestData</c>.</summary>
    public static string InTestData(string name) => Existing(Path.Combine(Root, "test", "TestData", name));

    /// <summary>
    /// A file of reference results, e.g. <c>networks</c> for <c>reference-networks.safetensors</c>; see <c>test/TestData/README.md</c>.
    /// </summary>
    public static StateDictionary LoadReference(string name) => SafeTensors.Load(InTestData($"reference-{name}.safetensors"));

    /// <summary>The normalization of the CIFAR checkpoints, for pixels 0 … 255.</summary>
    public static ChannelAffine CifarNormalization { get; } = ChannelAffine.FromNormalization(
        [125.307 / 255, 122.961 / 255, 113.8575 / 255], [51.5865 / 255, 50.847 / 255, 51.255 / 255]);

    /// <summary>1,000 labelled training images of CIFAR-10, class by class; pixels 0 … 255.</summary>
    public static CifarImages LoadCalibrationImages()
    {
        string path = InTestData("cifar10-calibration.bin.gz");
        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            packed.CopyTo(unpacked);
        unpacked.Position = 0;
        return CifarImages.Load(unpacked, path);
    }

    /// <summary>Pixels 0 … 255 [images, 3, height, width] as the CIFAR checkpoints want them without a normalization layer.</summary>
    public static Tensor Normalize(Tensor pixels)
    {
        Tensor normalized = pixels.Clone();
        int area = pixels[2] * pixels[3];
        for (int plane = 0; plane < pixels[0] * pixels[1]; plane++)
        {
            float scale = CifarNormalization.Scale.Span[plane % pixels[1]];
            float shift = CifarNormalization.Shift.Span[plane % pixels[1]];
            foreach (ref float value in normalized.Span.Slice(plane * area, area))
                value = scale * value + shift;
        }

        return normalized;
    }

    private static string InQuickstart(string name) => Existing(Path.Combine(Root, "samples", "Quickstart", "data", "models", name));

    private static string Existing(string path) => File.Exists(path) ? path : throw new FileNotFoundException($"The test file '{path}' is missing.", path);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ZipIt.MLNet.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds ZipIt.MLNet.sln.");
    }
}
