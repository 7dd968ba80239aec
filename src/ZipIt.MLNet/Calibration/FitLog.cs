using System.Diagnostics;
using Microsoft.ML.Runtime;
using ZipIt.Merging;

namespace ZipIt.MLNet;

/// <summary>
/// Writes the progress of a fit to the log: a line for every finished stage, and between them at most one every two seconds. (ML.NET's progress channels never
/// reach
/// <c>MLContext.Log</c>.)
/// </summary>
/// <param name="channel">The log.</param>
/// <param name="listener">Is told everything; null for nobody.</param>
internal sealed class FitLog(IChannel channel, IProgress<ZipProgress>? listener = null) : IProgress<ZipProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

    /// <inheritdoc/>
    public void Report(ZipProgress value)
    {
        listener?.Report(value);
        if (value.IsFinished)
            Write($"{value}.");
        else
            WriteSometimes($"{value}.");
    }

    /// <summary>Tells how many images a pass has read.</summary>
    public void ReportImages(long count) => WriteSometimes($"{count} calibration images read.");

    public void Write(string line)
    {
        channel.Info(MessageSensitivity.None, line);
        _sinceLine.Restart();
    }

    public void Warn(string line) => channel.Warning(MessageSensitivity.None, line);

    private void WriteSometimes(string line)
    {
        if (_sinceLine.Elapsed >= Interval)
            Write(line);
    }
}
