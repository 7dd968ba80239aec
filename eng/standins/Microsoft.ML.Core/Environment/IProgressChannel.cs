namespace Microsoft.ML.Runtime;

/// <summary>Reports the progress of one piece of work. Nothing of it reaches the log.</summary>
public interface IProgressChannel : IDisposable, IProgressChannelProvider
{
    /// <summary>Names the units and metrics, and says how to read them.</summary>
    void SetHeader(ProgressHeader header, Action<IProgressEntry> fillAction);

    /// <summary>Reports the current values.</summary>
    void Checkpoint(params double?[] values);
}
