using TorchSharp;

namespace ZipIt.TorchSharp;

/// <summary>One call of a planned network.</summary>
/// <param name="Output">Index of the node whose value it gives.</param>
/// <param name="Inputs">Indices of the nodes whose values it takes.</param>
/// <param name="Function">What it computes.</param>
/// <param name="Parameters">The tensors of its layer, where the session runs.</param>
internal sealed record TorchStep(int Output, int[] Inputs, LayerFunction Function, torch.Tensor?[] Parameters)
{
    /// <summary>Indices of the nodes whose values nobody needs behind this step.</summary>
    public int[] Released { get; set; } = [];
}
