using TorchSharp;
using static TorchSharp.torch;

namespace ZipIt.TorchSharp.Tests.Modules;

/// <summary>Does something between two modules that no layer does.</summary>
internal sealed class SquaringModule : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _first = nn.Conv2d(3, 4, 3);
    private readonly nn.Module<Tensor, Tensor> _second = nn.Conv2d(4, 2, 3);

    public SquaringModule()
        : base(nameof(SquaringModule))
    {
        register_module("first", _first);
        register_module("second", _second);
    }

    public override Tensor forward(Tensor input) => _second.call(_first.call(input).square()).mean([2, 3]);
}
