using Microsoft.ML;
using TorchSharp;
using ZipIt.Networks;
using ZipIt.TorchSharp.Friend;

namespace ZipIt.TorchSharp;

/// <summary>
/// Runs networks on libtorch, on the CPU or on a GPU. The application brings libtorch: it references the package for its platform, e.g.
/// <c>libtorch-cpu-linux-x64</c>.
/// </summary>
/// <remarks>
/// A model is not bound to an engine: what was fitted with one is stored, loaded and run with any other. Outputs agree with <see cref="CpuEngine"/>'s to
/// about five digits (two with <see cref="TorchSharpEngineOptions.BFloat16"/>). libtorch chooses its algorithms by the size of a batch, so that the last
/// digits may depend on how images are grouped.
/// <para>
/// libtorch has one setting of threads for the whole process, <c>torch.set_num_threads</c>, which the application decides about; <see
/// cref="SessionOptions.Threads"/> does not count.
/// </para>
/// </remarks>
public sealed class TorchSharpEngine : INetworkEngine
{
    private readonly TorchSharpEngineOptions _options;
    private readonly torch.Device _device;

    /// <summary>Makes an engine for the CPU.</summary>
    /// <param name="options">How it computes; null for the defaults.</param>
    /// <exception cref="NotSupportedException">
    /// libtorch cannot be loaded; the message says whether its package is missing, or a library of the system is too old.
    /// </exception>
    public TorchSharpEngine(TorchSharpEngineOptions? options = null)
    {
        LibTorch.Load();
        _options = options ?? new TorchSharpEngineOptions();
        _device = torch.CPU;
    }

    /// <summary>Makes an engine for the device that a context asks for, as ML.NET's own trainers with TorchSharp do.</summary>
    /// <param name="context">
    /// Its <see cref="MLContext.GpuDeviceId"/> is the number of the GPU, null for the CPU; its <see cref="MLContext.FallbackToCpu"/> says whether the CPU may
    /// take the place of a missing GPU.
    /// </param>
    /// <param name="options">How the engine computes; null for the defaults.</param>
    /// <exception cref="NotSupportedException">
    /// libtorch cannot be loaded; the message says whether its package is missing, or a library of the system is too old.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no such GPU, and the context does not allow the CPU instead.</exception>
    public TorchSharpEngine(MLContext context, TorchSharpEngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        LibTorch.Load();
        _options = options ?? new TorchSharpEngineOptions();
        _device = DeviceChoice.Choose(context);
    }

    /// <summary>Where networks run, in libtorch's words: <c>cpu</c>, or for example <c>cuda:0</c>.</summary>
    public string Device => _device.ToString();

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or the number of threads is negative.</exception>
    public INetworkSession CreateSession(Network network, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new SessionOptions();

        // The limits that hold for the embedded engine hold for this one: what a file says of its network is refused before libtorch allocates anything.
        _ = new CpuEngine().MeasureSession(network, options);
        return new TorchSession(network, options, _options, _device);
    }
}
