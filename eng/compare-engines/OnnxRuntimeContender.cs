using Microsoft.ML.OnnxRuntime;
using ZipIt.Networks;
using ZipIt.Onnx;
using OrtOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace ZipIt.CompareEngines;

/// <summary>ONNX Runtime with all its optimizations, on input and output that are allocated once.</summary>
internal sealed class OnnxRuntimeContender : Contender
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue _input;
    private readonly float[] _result;
    private readonly OrtValue _output;

    public OnnxRuntimeContender(Network network, float[] images, int batch, int threads)
    {
        using var file = new MemoryStream();
        OnnxNetwork.Save(network, file);
        using var options = new OrtOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
        };
        _session = new InferenceSession(file.ToArray(), options);
        _input = OrtValue.CreateTensorValueFromMemory(images, [batch, .. network.ShapeOf(network.Inputs[0]).ToArray().Select(extent => (long)extent)]);
        int classes = network.ShapeOf(network.Heads[0].Node)[0];
        _result = new float[batch * classes];
        _output = OrtValue.CreateTensorValueFromMemory(_result, [batch, classes]);
    }

    public override void Run() => _session.Run(_options, _session.InputNames, [_input], _session.OutputNames, [_output]);

    public override float[] ReadOutput() => [.. _result];

    public override void Dispose()
    {
        _output.Dispose();
        _input.Dispose();
        _options.Dispose();
        _session.Dispose();
    }
}
