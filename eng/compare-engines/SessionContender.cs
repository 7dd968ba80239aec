using TorchSharp;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace ZipIt.CompareEngines;

/// <summary>An engine of this library's interface.</summary>
internal sealed class SessionContender : Contender
{
    private readonly INetworkSession _session;
    private readonly float[] _images;
    private readonly int _batch;

    public SessionContender(INetworkEngine engine, Network network, float[] images, int batch, int threads)
    {
        (_images, _batch) = (images, batch);
        _session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batch, Threads = threads, Limits = SessionLimits.None });
    }

    public static SessionContender OfLibTorch(Network network, float[] images, int batch, int threads, bool isChannelsLast)
    {
        var engine = new TorchSharpEngine(new TorchSharpEngineOptions { ChannelsLast = isChannelsLast });
        torch.set_num_threads(threads);
        return new SessionContender(engine, network, images, batch, threads);
    }

    public override void Run() => _session.Run(_images, _batch);

    public override float[] ReadOutput() => _session.GetOutput(0).ToArray();

    public override void Dispose() => _session.Dispose();
}
