using TorchSharp;

namespace ZipIt.TorchSharp;

/// <summary>What a layer computes, in calls of libtorch.</summary>
/// <param name="inputs">Batches of what the layer takes: [batch, channels, height, width] or [batch, features].</param>
/// <param name="parameters">The layer's tensors, as <see cref="LayerFunctions.CreateParameters"/> gives them.</param>
/// <param name="training">Whether normalizations use the statistics of the batch, and update their running ones.</param>
/// <returns>A new tensor, or a view of an input.</returns>
internal delegate torch.Tensor LayerFunction(IReadOnlyList<torch.Tensor> inputs, IReadOnlyList<torch.Tensor?> parameters, bool training);
