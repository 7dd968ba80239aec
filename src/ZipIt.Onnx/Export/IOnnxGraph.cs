using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>
/// An ONNX graph that is being written: constants and operators, connected by the names of their values. Networks are written into one by
/// <see cref="OnnxNetworkWriter"/>; what else a model computes (scores, for instance) is added in the same way.
/// </summary>
public interface IOnnxGraph
{
    /// <summary>Version of the standard operators that the graph uses.</summary>
    int Opset { get; }

    /// <summary>Adds a constant.</summary>
    /// <param name="name">Its name; if it is taken, another one like it is used.</param>
    /// <param name="values">The numbers and their shape.</param>
    /// <returns>The name of the value.</returns>
    string AddConstant(string name, Tensor values);

    /// <summary>Adds a constant vector of whole numbers.</summary>
    /// <param name="name">Its name; if it is taken, another one like it is used.</param>
    /// <param name="values">The numbers.</param>
    /// <returns>The name of the value.</returns>
    string AddConstant(string name, ReadOnlySpan<long> values);

    /// <summary>Adds an operator with one output.</summary>
    /// <param name="operation">The operator, e.g. <c>Relu</c>.</param>
    /// <param name="name">Name of the node; its value is called like it, or similarly if that name is taken.</param>
    /// <param name="inputs">Names of the values that it takes.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The name of the value.</returns>
    string AddNode(string operation, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes);
}
