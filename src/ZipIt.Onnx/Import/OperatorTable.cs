namespace ZipIt.Onnx;

/// <summary>Makes values of an operator's inputs: layers, or constants.</summary>
/// <exception cref="UnsupportedException">The operator is used in a way that no layer stands for.</exception>
internal delegate ImportValue[] Operator(OperatorCall call);

/// <summary>All operators that are known, family by family.</summary>
internal static class OperatorTable
{
    private static readonly Dictionary<string, Operator> Operators = new(
        [
            .. ConvolutionOperators.All, .. LinearOperators.All, .. NormalizationOperators.All, .. ActivationOperators.All, .. PoolingOperators.All,
                .. ArithmeticOperators.All,
            .. ChannelOperators.All, .. ShapeOperators.All,
        ],
        StringComparer.Ordinal);

    /// <summary>What is computed while the file is read, because it does not depend on the images.</summary>
    private static readonly Dictionary<string, Operator> Constants = new(
        [.. ConstantOperators.All, .. ConstantShapeOperators.All], StringComparer.Ordinal);

    /// <summary>Makes the outputs of one operator.</summary>
    /// <returns>The outputs; none if one of its inputs is not known.</returns>
    /// <exception cref="UnsupportedException">It is not supported.</exception>
    public static ImportValue[] Convert(OperatorCall call)
    {
        string name = call.Node.Operator;
        Operators.TryGetValue(name, out Operator? layers);
        Constants.TryGetValue(name, out Operator? constants);
        if (layers is null && constants is null)
            throw new UnsupportedException("the operator is not supported");
        if (call.Inputs.Contains(UnknownValue.Instance))
            return [];
        if (constants is not null && call.IsConstant)
            return constants(call);
        return layers is not null ? layers(call) : throw new UnsupportedException("the operator is supported for constants only");
    }
}
