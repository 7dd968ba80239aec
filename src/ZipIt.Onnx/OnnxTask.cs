namespace ZipIt.Onnx;

/// <summary>What one output of an ONNX file means: one number per class. Stored in the file's metadata.</summary>
/// <param name="Output">Name of the output.</param>
/// <param name="Labels">Names of the classes, in the order of the output's numbers.</param>
public sealed record OnnxTask(string Output, IReadOnlyList<string> Labels)
{
    /// <summary>Name of the network's output that the file's output is computed from; null if it is the same.</summary>
    public string? Head { get; init; }
}
