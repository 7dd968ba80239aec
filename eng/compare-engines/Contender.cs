using ZipIt.Networks;

namespace ZipIt.CompareEngines;

/// <summary>An engine that holds one network and runs it on the same images again and again.</summary>
internal abstract class Contender : IDisposable
{
    /// <summary>Short names of the engines, in the order of the table's columns.</summary>
    public static IReadOnlyList<string> Names { get; } = ["zipit", "onnxruntime", "libtorch", "libtorch-nhwc"];

    /// <summary>Makes an engine.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="network">What it runs.</param>
    /// <param name="images">The images of a run.</param>
    /// <param name="batch">Their number.</param>
    /// <param name="threads">Number of threads.</param>
    public static Contender Create(string name, Network network, float[] images, int batch, int threads) => name switch
    {
        "zipit" => new SessionContender(new CpuEngine(), network, images, batch, threads),
        "onnxruntime" => new OnnxRuntimeContender(network, images, batch, threads),
        "libtorch" => SessionContender.OfLibTorch(network, images, batch, threads, isChannelsLast: false),
        "libtorch-nhwc" => SessionContender.OfLibTorch(network, images, batch, threads, isChannelsLast: true),
        _ => throw new ArgumentException($"Expected one of {string.Join(", ", Names)}, found '{name}'.", nameof(name)),
    };

    /// <summary>Runs the network once.</summary>
    public abstract void Run();

    /// <summary>The first output of the latest run.</summary>
    public abstract float[] ReadOutput();

    /// <inheritdoc/>
    public abstract void Dispose();
}
