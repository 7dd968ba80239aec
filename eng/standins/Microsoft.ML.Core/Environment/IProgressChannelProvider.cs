namespace Microsoft.ML.Runtime;

/// <summary>Opens progress channels.</summary>
public interface IProgressChannelProvider
{
    /// <summary>Opens a channel for the progress of one piece of work.</summary>
    IProgressChannel StartProgressChannel(string name);
}
