using TorchSharp;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>Reads the layer that a module of TorchSharp stands for, with its configuration and copies of its weights.</summary>
internal static class ModuleLayers
{
    /// <summary>Whether the type of a module is known: it is read as a whole, and what it calls inside does not count.</summary>
    public static bool IsKnown(torch.nn.Module module) => module is Modules.Conv2d or Modules.Linear or Modules.BatchNorm2d
        or Modules.InstanceNorm2d or Modules.ReLU or Modules.ReLU6 or Modules.Hardtanh or Modules.LeakyReLU
        or Modules.PReLU or Modules.Tanh or Modules.Sigmoid or Modules.SiLU or Modules.Hardswish
        or Modules.ELU or Modules.GELU or Modules.MaxPool2d or Modules.AvgPool2d or Modules.AdaptiveAvgPool2d
        or Modules.Flatten or Modules.Softmax or Modules.Softmax2d || PassesThrough(module);

    /// <summary>Whether a module does nothing in evaluation mode.</summary>
    public static bool PassesThrough(torch.nn.Module module) =>
        module is Modules.Identity or Modules.Dropout or Modules.Dropout2d or Modules.AlphaDropout or Modules.FeatureAlphaDropout;

    /// <summary>Reads a module.</summary>
    /// <param name="module">A module of a known type.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="shape">Shape of what it takes for one image.</param>
    /// <returns>The layer; null if what goes in comes out.</returns>
    /// <exception cref="NotSupportedException">Its configuration has no counterpart; the message names the module.</exception>
    public static Layer? Read(torch.nn.Module module, string name, ReadOnlySpan<int> shape)
    {
        switch (module)
        {
            case Modules.Conv2d conv:
                if (conv.padding_mode != PaddingModes.Zeros)
                    throw Refuse(name, module, $"pads with {conv.padding_mode}, not with zeros");
                return new Conv2d(
                    Copy(conv.weight), CopyOptional(conv.bias), ToSize(conv.stride), ReadPadding(conv, name), ToSize(conv.dilation), checked((int)conv.groups));
            case Modules.Linear linear:
                return new Linear(Copy(linear.weight), CopyOptional(linear.bias));
            case Modules.BatchNorm2d norm:
                if (norm.running_mean is not { } mean || norm.running_var is not { } variance)
                    throw Refuse(name, module, "keeps no running statistics, so that each batch is normalized by itself");
                return new BatchNorm2d(WeightOf(norm), BiasOf(norm), Copy(mean), Copy(variance), (float)norm.eps);
            case Modules.InstanceNorm2d norm:
                if (norm.track_running_stats)
                    throw Refuse(name, module, "keeps running statistics, so that in evaluation mode images are not normalized by themselves");
                return new InstanceNorm2d(WeightOf(norm), BiasOf(norm), (float)norm.eps);
            case Modules.ReLU:
                return new ReLU();
            case Modules.ReLU6:
                return new Clip(0, 6);
            case Modules.Hardtanh clip:
                return new Clip((float)clip.min_val, (float)clip.max_val);
            case Modules.LeakyReLU leaky:
                return new LeakyReLU((float)leaky.negative_slope);
            case Modules.PReLU prelu:
                return new PReLU(Spread(Copy(prelu.weight), shape[0]));
            case Modules.Tanh:
                return new Tanh();
            case Modules.Sigmoid:
                return new Sigmoid();
            case Modules.SiLU:
                return new SiLU();
            case Modules.Hardswish:
                return new HardSwish();
            case Modules.ELU elu:
                return new ELU((float)elu.alpha);
            case Modules.GELU gelu:
                return new GELU(gelu.approximate == Modules.GELU.Approximate.tanh);
            case Modules.MaxPool2d pool:
                if (pool.dilation is { } dilation && dilation.Any(extent => extent != 1))
                    throw Refuse(name, module, "is dilated");
                return new MaxPool2d(ToSize(pool.kernel_size), ToSize(pool.stride ?? pool.kernel_size), ToSize(pool.padding ?? [0]), pool.ceil_mode);
            case Modules.AvgPool2d pool:
                if (pool.divisor_override is not null)
                    throw Refuse(name, module, "divides by a number of its own");
                return new AvgPool2d(
                    ToSize(pool.kernel_size), ToSize(pool.stride ?? pool.kernel_size), ToSize(pool.padding ?? [0]), pool.ceil_mode, pool.count_include_pad);
            case Modules.AdaptiveAvgPool2d pool:
                return ReadAdaptive(ToSize(pool.output_size), shape) is { IsThere: true } found
                    ? found.Layer
                    : throw Refuse(name, module, $"makes {ToSize(pool.output_size)} pixels of {new Size2(shape[1], shape[2])}, which are not a multiple");
            case Modules.Flatten flatten:
                return flatten is { start_dim: 1, end_dim: -1 } or { start_dim: 1, end_dim: 3 }
                    ? shape.Length == 1 ? null : new Flatten()
                    : throw Refuse(name, module, "does not flatten all of each image");
            case Modules.Softmax { dim: 1 } or Modules.Softmax2d:
                return new Softmax();
            case Modules.Softmax softmax:
                return softmax.dim == -1 && shape.Length == 1
                    ? new Softmax()
                    : throw Refuse(name, module, $"goes over dimension {softmax.dim}, not over the channels");
            default:
                return PassesThrough(module) ? null : throw Refuse(name, module, "is of a type that has no counterpart");
        }
    }

    /// <summary>An adaptive pooling of images of one size: to a pixel, to as many as there are, or to a fraction of them.</summary>
    /// <returns>Whether there is a layer for it, and the layer; null if what goes in comes out.</returns>
    public static (bool IsThere, Layer? Layer) ReadAdaptive(Size2 output, ReadOnlySpan<int> shape)
    {
        var input = new Size2(shape[1], shape[2]);
        if (output == input)
            return (true, null);
        if (output == new Size2(1, 1))
            return (true, new GlobalAveragePool());
        return output.Height > 0 && output.Width > 0 && input.Height % output.Height == 0 && input.Width % output.Width == 0
            ? (true, new AvgPool2d(new Size2(input.Height / output.Height, input.Width / output.Width)))
            : (false, null);
    }

    public static NotSupportedException Refuse(string name, torch.nn.Module module, string problem) =>
        new($"The module '{NameList.Shorten(name)}' ({module.GetType().Name}) cannot be read: it {problem}.");

    private static Size2 ReadPadding(Modules.Conv2d conv, string name)
    {
        if (conv.padding_type is not { } type)
            return conv.padding is { } padding ? ToSize(padding) : 0;
        if (type == Padding.Valid)
            return 0;
        (Size2 kernel, Size2 dilation) = (ToSize(conv.kernel_size), ToSize(conv.dilation));
        var total = new Size2(dilation.Height * (kernel.Height - 1), dilation.Width * (kernel.Width - 1));
        return total.Height % 2 == 0 && total.Width % 2 == 0
            ? new Size2(total.Height / 2, total.Width / 2)
            : throw Refuse(name, conv, "pads one side more than the other");
    }

    private static Tensor WeightOf(Modules.NormBase norm) => norm.affine ? Copy(norm.weight) : Fill(norm.num_features, 1);

    private static Tensor BiasOf(Modules.NormBase norm) => norm.bias is { } bias ? Copy(bias) : Fill(norm.num_features, 0);

    private static Tensor Fill(long length, float value)
    {
        var filled = new Tensor(checked((int)length));
        filled.Span.Fill(value);
        return filled;
    }

    private static Tensor Spread(Tensor slopes, int channels) => slopes.Length == 1 ? Fill(channels, slopes.Span[0]) : slopes;

    private static Tensor Copy(torch.Tensor tensor) => TorchTensors.ToNetworks(tensor);

    private static Tensor? CopyOptional(torch.Tensor? tensor) => tensor is null ? null : Copy(tensor);

    private static Size2 ToSize(long[] extents) =>
        extents is [var single] ? checked((int)single) : new Size2(checked((int)extents[0]), checked((int)extents[1]));
}
