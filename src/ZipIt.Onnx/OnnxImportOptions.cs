using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>What <see cref="OnnxNetwork.Load(string, OnnxImportOptions)"/> shall make of a file.</summary>
public sealed class OnnxImportOptions
{
    /// <summary>Height and width of the images in pixels, for a file that leaves them open; null for what the file says.</summary>
    public Size2? ImageSize { get; init; }

    /// <summary>
    /// Names of the values that become the network's outputs; null for all outputs of the file. Any value of the file can be named, for instance the input of a
    /// last operator that is not supported.
    /// </summary>
    public IReadOnlyList<string>? Outputs { get; init; }
}
