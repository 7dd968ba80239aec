using Microsoft.ML.Model.OnnxConverter;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet.Friend;

/// <summary>The ONNX graph that ML.NET makes of a whole pipeline, as far as a zipped model adds to it.</summary>
/// <param name="context">ML.NET's graph. It knows values by the columns that they are of; ours have names that no column has.</param>
internal sealed class OnnxContextGraph(OnnxContext context) : IOnnxGraph
{
    private const string Prefix = "zip/";

    /// <summary>ML.NET does not tell its version of the operators; what is written for this one means the same in all that it can have.</summary>
    public int Opset => OnnxNetworkWriter.OldestOpset;

    public string AddConstant(string name, Tensor values) => values.Rank == 0
        ? context.AddInitializer(values.Span[0], Prefix + name)
        : context.AddInitializer(values.Span.ToArray(), [.. values.Shape.ToArray().Select(extent => (long)extent)], Prefix + name);

    public string AddConstant(string name, ReadOnlySpan<long> values) => context.AddInitializer(values.ToArray(), [(long)values.Length], Prefix + name);

    public string AddNode(string operation, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        string free = Prefix + name;
        while (context.ContainsColumn(free))
            free += "_";
        string value = context.AddIntermediateVariable(null, free, true);
        Connect(operation, inputs, value, attributes);
        return value;
    }

    /// <summary>Adds an operator whose value is a column.</summary>
    public void Connect(string operation, ReadOnlySpan<string> inputs, string value, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        OnnxNode node = context.CreateNode(operation, inputs.ToArray(), [value], context.GetNodeName(operation), "");
        foreach (OnnxAttribute attribute in attributes)
        {
            switch (attribute.Value)
            {
                case long number:
                    node.AddAttribute(attribute.Name, number);
                    break;
                case float number:
                    node.AddAttribute(attribute.Name, (double)number);
                    break;
                case string text:
                    node.AddAttribute(attribute.Name, text);
                    break;
                default:
                    node.AddAttribute(attribute.Name, (long[])attribute.Value);
                    break;
            }
        }
    }
}
