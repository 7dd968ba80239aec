using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Where everything starts: data, transforms, evaluation and models hang off it, and it is the environment of all of them.</summary>
public sealed class MLContext : IHostEnvironmentInternal
{
    private readonly Host _host;

    /// <summary>Makes a context, whose random numbers are repeatable if it has a seed.</summary>
    public MLContext(int? seed = null)
    {
        _host = new Host(new EnvironmentState(seed) { Listener = OnMessage });
        Data = new DataOperationsCatalog(_host);
        Transforms = new TransformsCatalog(_host);
        MulticlassClassification = new MulticlassClassificationCatalog(_host);
        Model = new ModelOperationsCatalog(_host);
    }

    /// <summary>Raised for each log message, on the thread that sends it.</summary>
    public event EventHandler<LoggingEventArgs> Log;

    /// <summary>Loading, saving and splitting of data.</summary>
    public DataOperationsCatalog Data { get; }

    /// <summary>Transforms of data.</summary>
    public TransformsCatalog Transforms { get; }

    /// <summary>Training and evaluation of classifiers of more than two classes.</summary>
    public MulticlassClassificationCatalog MulticlassClassification { get; }

    /// <summary>Loading, saving and use of models.</summary>
    public ModelOperationsCatalog Model { get; }

    /// <summary>The components that model files may name.</summary>
    public ComponentCatalog ComponentCatalog => _host.ComponentCatalog;

    /// <summary>Where components put temporary files.</summary>
    public string TempFilePath
    {
        get => _host.TempFilePath;
        set => _host.TempFilePath = value;
    }

    /// <summary>Whether components should use the CPU if the GPU does not work.</summary>
    public bool FallbackToCpu
    {
        get => _host.FallbackToCpu;
        set => _host.FallbackToCpu = value;
    }

    /// <summary>The GPU that components should use.</summary>
    public int? GpuDeviceId
    {
        get => _host.GpuDeviceId;
        set => _host.GpuDeviceId = value;
    }

    int? IHostEnvironmentInternal.Seed => _host.Seed;

    string IExceptionContext.ContextDescription => _host.ContextDescription;

    /// <summary>Adds an option unless there is one of that name.</summary>
    public bool TryAddOption<T>(string name, T value) => _host.TryAddOption(name, value);

    /// <summary>Sets an option.</summary>
    public void SetOption<T>(string name, T value) => _host.SetOption(name, value);

    /// <summary>Reads an option.</summary>
    public bool TryGetOption<T>(string name, out T value) => _host.TryGetOption(name, out value);

    /// <summary>Reads an option, or the default of its type.</summary>
    public T GetOptionOrDefault<T>(string name) => _host.GetOptionOrDefault<T>(name);

    /// <summary>Removes an option.</summary>
    public bool RemoveOption(string name) => _host.RemoveOption(name);

    IHost IHostEnvironment.Register(string name, int? seed, bool? verbose) => _host.Register(name, seed, verbose);

    IChannel IChannelProvider.Start(string name) => _host.Start(name);

    IPipe<TMessage> IChannelProvider.StartPipe<TMessage>(string name) => _host.StartPipe<TMessage>(name);

    IProgressChannel IProgressChannelProvider.StartProgressChannel(string name) => _host.StartProgressChannel(name);

    TException IExceptionContext.Process<TException>(TException ex) => _host.Process(ex);

    private void OnMessage(IMessageSource source, ChannelMessage message) =>
        Log?.Invoke(this, new LoggingEventArgs(message.Message, message.Kind, source.FullName));
}
