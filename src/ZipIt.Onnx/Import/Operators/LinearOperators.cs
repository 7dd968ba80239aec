using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Gemm and MatMul with constant weights.</summary>
internal static class LinearOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Gemm", call => [Multiply(call)]),
        new("MatMul", call => [MultiplyPlain(call)]),
    ];

    private static FeatureValue Multiply(OperatorCall call)
    {
        Node vector = call.Vector(call.Feature(0));
        if (call.Node.FindInteger("transA") is not (null or 0))
            throw new UnsupportedException("its transA is set, which mixes the images of a batch");
        Tensor weight = ReadWeight(call, call.Node.FindInteger("transB") is null or 0);
        weight = Scale(call, weight, call.Node.FindFloat("alpha") ?? 1);
        Tensor? bias = call.Has(2) ? Scale(call, Broadcast(call, call.Floats(2), weight[0]), call.Node.FindFloat("beta") ?? 1) : null;
        return call.Emit(new Linear(weight, bias), vector);
    }

    private static FeatureValue MultiplyPlain(OperatorCall call) => call.Emit(new Linear(ReadWeight(call, true)), call.Vector(call.Feature(0)));

    /// <summary>Weights [outputs, inputs].</summary>
    private static Tensor ReadWeight(OperatorCall call, bool isTransposed)
    {
        Tensor stored = call.Floats(1);
        if (stored.Rank != 2 || stored.Length == 0)
            throw new UnsupportedException($"its weights are of shape {stored}; a matrix was expected");
        if (!isTransposed)
            return stored;
        (int inputs, int outputs) = (stored[0], stored[1]);
        call.Budget.Take(stored.Length);
        var weight = new Tensor(outputs, inputs);
        for (int i = 0; i < inputs; i++)
        {
            for (int o = 0; o < outputs; o++)
                weight.Span[o * inputs + i] = stored.Span[i * outputs + o];
        }

        return weight;
    }

    private static Tensor Scale(OperatorCall call, Tensor tensor, float factor)
    {
        if (factor == 1)
            return tensor;
        call.Budget.Take(tensor.Length);
        var scaled = new Tensor(tensor.Shape);
        TensorPrimitives.Multiply(tensor.Span, factor, scaled.Span);
        return scaled;
    }

    private static Tensor Broadcast(OperatorCall call, Tensor bias, int outputs)
    {
        if (bias.Length == outputs && bias.Rank is 1 or 2 && bias[bias.Rank - 1] == outputs)
            return bias.Reshape(outputs);
        if (bias.Length != 1)
            throw new UnsupportedException($"its bias is of shape {bias}; [{outputs}] was expected");
        call.Budget.Take(outputs);
        var wide = new Tensor(outputs);
        wide.Span.Fill(bias.Span[0]);
        return wide;
    }
}
