namespace Microsoft.ML.Runtime;

/// <summary>Opens channels for messages.</summary>
public interface IChannelProvider : IExceptionContext
{
    /// <summary>Opens a channel for log messages.</summary>
    IChannel Start(string name);

    /// <summary>Opens a channel for messages of any type.</summary>
    IPipe<TMessage> StartPipe<TMessage>(string name);
}
