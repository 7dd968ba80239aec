using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>A value that a module has computed on the sample images, and the node that stands for it.</summary>
internal sealed class TracedValue(Node node, torch.Tensor values)
{
    public Node Node => node;

    /// <summary>[batch, channels, height, width] or [batch, features].</summary>
    public torch.Tensor Values => values;

    /// <summary>Whether some node takes it already: what nobody took is what a function between two modules works on first.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Shape for one image.</summary>
    public int[] Shape => [.. values.shape.Skip(1).Select(extent => checked((int)extent))];

    /// <summary>Whether another tensor holds the same numbers, but for rounding.</summary>
    public bool IsSameAs(torch.Tensor other) => AreSame(values, other);

    public static bool AreSame(torch.Tensor first, torch.Tensor second)
    {
        const double Relative = 1e-5;
        if (!first.shape.AsSpan().SequenceEqual(second.shape))
            return false;
        using DisposeScope scope = torch.NewDisposeScope();
        double largest = first.abs().max().to(torch.ScalarType.Float64).item<double>();
        return first.sub(second).abs().max().to(torch.ScalarType.Float64).item<double>() <= Relative * largest;
    }
}
