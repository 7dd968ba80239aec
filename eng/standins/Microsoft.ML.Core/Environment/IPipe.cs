namespace Microsoft.ML.Runtime;

/// <summary>A channel for messages of one type.</summary>
public interface IPipe<TMessage> : IDisposable, IExceptionContext
{
    /// <summary>Sends a message to all listeners, on the caller's thread.</summary>
    void Send(TMessage msg);
}
