namespace ZipIt.Onnx;

/// <summary>How <see cref="OnnxNetwork.Save(Networks.Network, string, OnnxExportOptions)"/> writes a network.</summary>
public sealed class OnnxExportOptions
{
    /// <summary>Version of the standard operators, 13 … <see cref="OnnxNetwork.NewestOpset"/>.</summary>
    public int Opset { get; init; } = OnnxModelBuilder.DefaultOpset;

    /// <summary>What the outputs mean; stored in the metadata.</summary>
    public IReadOnlyList<OnnxTask> Tasks { get; init; } = [];

    /// <summary>More text to store beside the graph.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
