using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp.Utils;
using TorchSharp;
using ZipIt.MLNet.Friend;

namespace ZipIt.TorchSharp.Friend;

/// <summary>The device that a context asks for, by the code of ML.NET's own components with TorchSharp.</summary>
internal static class DeviceChoice
{
    /// <summary>
    /// The GPU of the context's <c>GpuDeviceId</c>; the CPU if it has none, or if there is no such GPU and the context's <c>FallbackToCpu</c> allows it.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no such GPU, and the context does not allow the CPU instead.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static torch.Device Choose(IHostEnvironment environment)
    {
        (int? gpu, bool fallsBack) = HostAccess.FindGpu(environment);
        try
        {
            torch.Device device = Ask(environment);
            if (device.type != DeviceType.CUDA)
                return device;
            if (gpu < torch.cuda.device_count())
                return torch.device(DeviceType.CUDA, gpu.Value);
        }
        catch (Exception missing) when (missing is MissingMemberException or TypeLoadException or MemberAccessException)
        {
            throw new NotSupportedException(
                $"ZipIt.TorchSharp asks Microsoft.ML.TorchSharp for the device, by a member that is not public and that this version does not have. "
                + $"{missing.Message} Use the package Microsoft.ML.TorchSharp in version 0.23.1.",
                missing);
        }
        catch (Exception refusal) when (gpu is not null && !fallsBack)
        {
            throw new InvalidOperationException($"There is no GPU {gpu}, and the context's FallbackToCpu is false. {refusal.Message}", refusal);
        }

        return fallsBack
            ? torch.CPU
            : throw new InvalidOperationException($"There is no GPU {gpu}, only {torch.cuda.device_count()}, and the context's FallbackToCpu is false.");
    }

    /// <summary>A method that uses a missing member fails when it is compiled, so that the question stands apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static torch.Device Ask(IHostEnvironment environment) => TorchUtils.InitializeDevice(environment);
}
