using System.Runtime.InteropServices;
using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>Copies values between this library's memory and libtorch's.</summary>
internal static class TorchTensors
{
    /// <summary>A copy in libtorch's memory, on the CPU.</summary>
    public static torch.Tensor ToTorch(Tensor tensor) => FromSpan(tensor.Span, [.. tensor.Shape.ToArray().Select(extent => (long)extent)]);

    /// <summary>Values in libtorch's memory, on the CPU.</summary>
    public static torch.Tensor FromSpan(ReadOnlySpan<float> values, long[] shape)
    {
        torch.Tensor copy = torch.empty(shape, torch.ScalarType.Float32, torch.CPU);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(copy.bytes));
        return copy;
    }

    /// <summary>A copy in this library's memory, whatever the tensor's type, device and order in memory are.</summary>
    public static Tensor ToNetworks(torch.Tensor tensor)
    {
        var copy = new Tensor([.. tensor.shape.Select(extent => checked((int)extent))]);
        CopyTo(tensor, copy.Span);
        return copy;
    }

    /// <summary>Copies all values in row-major order.</summary>
    public static void CopyTo(torch.Tensor tensor, Span<float> target)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor values = tensor.detach().to(torch.ScalarType.Float32, torch.CPU).contiguous();
        MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(target);
    }

    /// <summary>The same feature maps with their channels last in memory: the shape stays [batch, channels, height, width].</summary>
    public static torch.Tensor ToChannelsLast(torch.Tensor maps) => maps.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
