using Microsoft.ML;

namespace ZipIt.TorchSharp.Tests.Training;

/// <summary>Gathers what is told, at once: <see cref="Progress{T}"/> would tell it later, on other threads.</summary>
internal sealed class Messages : IProgress<ImageTrainingProgress>
{
    public List<ImageTrainingProgress> Reports { get; } = [];

    public List<string> Log { get; } = [];

    public Action<ImageTrainingProgress>? OnReport { get; init; }

    public IEnumerable<ImageTrainingProgress> Epochs => Reports.Where(report => report.IsEpochFinished);

    public void Listen(MLContext context) => context.Log += (_, message) => Log.Add(message.RawMessage);

    public void Report(ImageTrainingProgress value)
    {
        Reports.Add(value);
        OnReport?.Invoke(value);
    }
}
