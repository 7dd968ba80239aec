namespace Microsoft.ML.Runtime;

/// <summary>What components run in: it hands out hosts, channels and the catalogue of loadable components.</summary>
public interface IHostEnvironment : IChannelProvider, IProgressChannelProvider
{
    /// <summary>The components that model files may name.</summary>
    ComponentCatalog ComponentCatalog { get; }

    /// <summary>Makes a host for a component.</summary>
    IHost Register(string name, int? seed = null, bool? verbose = null);
}
