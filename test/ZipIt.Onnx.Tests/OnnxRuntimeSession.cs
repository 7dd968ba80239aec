using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;
using Tensor = ZipIt.Networks.Tensor;

namespace ZipIt.Onnx.Tests;

/// <summary>Runs an ONNX file in ONNX Runtime: what ours is held against.</summary>
internal sealed class OnnxRuntimeSession : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRuntimeSession(string path) => _session = new InferenceSession(path, Options());

    public OnnxRuntimeSession(byte[] file) => _session = new InferenceSession(file, Options());

    public IReadOnlyList<string> OutputNames => _session.OutputNames;

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>The number of images that the file fixes; −1 if it is open.</summary>
    public int BatchSize => _session.InputMetadata.Values.First().Dimensions[0];

    /// <summary>Runs all images.</summary>
    /// <param name="images">The values of each input.</param>
    /// <returns>For each output its values.</returns>
    public float[][] Run(params ReadOnlySpan<Tensor> images)
    {
        var inputs = new List<NamedOnnxValue>();
        foreach (Tensor input in images)
            inputs.Add(NamedOnnxValue.CreateFromTensor(_session.InputNames[inputs.Count], new DenseTensor<float>(input.Span.ToArray(), input.Shape)));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = _session.Run(inputs);
        return [.. results.Select(result => result.AsTensor<float>().ToArray())];
    }

    public void Dispose() => _session.Dispose();

    /// <summary>Without its own rewriting of the graph, so that every operator runs as the file says.</summary>
    private static SessionOptions Options() => new()
    {
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, IntraOpNumThreads = 1, InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
    };
}
