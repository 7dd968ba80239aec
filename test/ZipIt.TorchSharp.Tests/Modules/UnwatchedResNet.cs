using TorchSharp;
using static TorchSharp.torch;

namespace ZipIt.TorchSharp.Tests.Modules;

/// <summary>A CIFAR ResNet-8 with the usual names that runs its parts by <c>forward</c>, so that nobody can watch it.</summary>
internal sealed class UnwatchedResNet : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _conv = nn.Conv2d(3, 16, 3, padding: 1, bias: false);
    private readonly nn.Module<Tensor, Tensor> _norm = nn.BatchNorm2d(16);
    private readonly Block[] _blocks = [new(16, 16, 1), new(16, 32, 2), new(32, 64, 2)];
    private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(64, 7);

    public UnwatchedResNet(string convName = "conv1")
        : base(nameof(UnwatchedResNet))
    {
        register_module(convName, _conv);
        register_module("bn1", _norm);
        for (int i = 0; i < _blocks.Length; i++)
            register_module($"layer{i + 1}", nn.Sequential(("0", _blocks[i])));
        register_module("linear", _linear);
    }

    public override Tensor forward(Tensor input)
    {
        Tensor x = _norm.forward(_conv.forward(input)).relu();
        foreach (Block block in _blocks)
            x = block.forward(x);
        return _linear.forward(x.mean([2, 3]));
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _conv1;
        private readonly nn.Module<Tensor, Tensor> _norm1;
        private readonly nn.Module<Tensor, Tensor> _conv2;
        private readonly nn.Module<Tensor, Tensor> _norm2;
        private readonly nn.Module<Tensor, Tensor>? _shortcut;
        private readonly nn.Module<Tensor, Tensor>? _shortcutNorm;

        public Block(int inputs, int outputs, int stride)
            : base(nameof(Block))
        {
            register_module("conv1", _conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias: false));
            register_module("bn1", _norm1 = nn.BatchNorm2d(outputs));
            register_module("conv2", _conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias: false));
            register_module("bn2", _norm2 = nn.BatchNorm2d(outputs));
            if (stride == 1)
                return;
            _shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias: false);
            _shortcutNorm = nn.BatchNorm2d(outputs);
            register_module("shortcut", nn.Sequential(("0", _shortcut), ("1", _shortcutNorm)));
        }

        public override Tensor forward(Tensor input)
        {
            Tensor x = _norm2.forward(_conv2.forward(_norm1.forward(_conv1.forward(input)).relu()));
            return x.add(_shortcut is null ? input : _shortcutNorm!.forward(_shortcut.forward(input))).relu();
        }
    }
}
