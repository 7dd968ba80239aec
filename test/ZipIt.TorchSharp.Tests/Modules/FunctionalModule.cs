using TorchSharp;
using static TorchSharp.torch;

namespace ZipIt.TorchSharp.Tests.Modules;

/// <summary>A module as people write them: residual sums, a concatenation, activations and poolings as functions.</summary>
internal sealed class FunctionalModule : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _stem = nn.Conv2d(3, 8, 3, padding: 1, bias: false);
    private readonly nn.Module<Tensor, Tensor> _norm = nn.BatchNorm2d(8);
    private readonly nn.Module<Tensor, Tensor> _left = nn.Conv2d(8, 8, 3, padding: 1);
    private readonly nn.Module<Tensor, Tensor> _right = nn.Conv2d(8, 4, (1L, 3L), padding: (0L, 1L));
    private readonly nn.Module<Tensor, Tensor> _joined = nn.Conv2d(12, 8, 1);
    private readonly nn.Module<Tensor, Tensor> _drop = nn.Dropout(0.5);
    private readonly nn.Module<Tensor, Tensor> _last = nn.Linear(8 * 4 * 4, 5);

    public FunctionalModule()
        : base(nameof(FunctionalModule))
    {
        register_module("stem", _stem);
        register_module("norm", _norm);
        register_module("left", _left);
        register_module("right", _right);
        register_module("joined", _joined);
        register_module("drop", _drop);
        register_module("last", _last);
    }

    public override Tensor forward(Tensor input)
    {
        Tensor x = nn.functional.relu(_norm.call(_stem.call(input)));
        Tensor sum = nn.functional.silu(_left.call(x).add_(x));
        Tensor joined = cat((IList<Tensor>)[sum, _right.call(sum)], 1);
        Tensor y = _joined.call(joined).add(x).relu_();
        y = nn.functional.max_pool2d(y, [2, 2]);
        return _last.call(_drop.call(y.view(y.shape[0], -1)));
    }
}
