using System.Collections.Concurrent;

namespace Microsoft.ML.Runtime;

/// <summary>What all hosts of one context share.</summary>
internal sealed class EnvironmentState(int? seed)
{
    public int? Seed { get; } = seed;

    public ComponentCatalog ComponentCatalog { get; } = new();

    public ConcurrentDictionary<string, object> Options { get; } = new();

    public int? GpuDeviceId { get; set; }

    public bool FallbackToCpu { get; set; } = true;

    public string TempFilePath { get; set; } = Path.GetTempPath();

    /// <summary>Called for each message, on the sender's thread; what it throws reaches the sender.</summary>
    public Action<IMessageSource, ChannelMessage> Listener { get; set; }
}
