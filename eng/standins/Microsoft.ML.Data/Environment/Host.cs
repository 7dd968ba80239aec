namespace Microsoft.ML.Runtime;

/// <summary>The environment of a context, or of one component in it.</summary>
internal sealed class Host : IHost, IHostEnvironmentInternal, IMessageSource
{
    private readonly EnvironmentState _state;
    private readonly Lock _randomLock = new();

    /// <summary>The environment of a new context.</summary>
    public Host(EnvironmentState state)
    {
        _state = state;
        Rand = state.Seed is int seed ? new Random(seed) : new Random();
    }

    private Host(Host parent, string name, int? seed)
    {
        _state = parent._state;
        ShortName = name;
        FullName = string.IsNullOrEmpty(parent.FullName) ? name : $"{parent.FullName}; {name}";
        Rand = new Random(seed ?? parent.NextSeed());
    }

    /// <inheritdoc/>
    public Random Rand { get; }

    /// <inheritdoc/>
    public string ShortName { get; }

    /// <inheritdoc/>
    public string FullName { get; }

    /// <inheritdoc/>
    public bool Verbose => false;

    /// <inheritdoc/>
    public ComponentCatalog ComponentCatalog => _state.ComponentCatalog;

    /// <inheritdoc/>
    public string ContextDescription => FullName ?? "HostEnvironment";

    /// <inheritdoc/>
    public int? Seed => _state.Seed;

    /// <inheritdoc/>
    public int? GpuDeviceId
    {
        get => _state.GpuDeviceId;
        set => _state.GpuDeviceId = value;
    }

    /// <inheritdoc/>
    public bool FallbackToCpu
    {
        get => _state.FallbackToCpu;
        set => _state.FallbackToCpu = value;
    }

    /// <inheritdoc/>
    public string TempFilePath
    {
        get => _state.TempFilePath;
        set => _state.TempFilePath = value;
    }

    /// <inheritdoc/>
    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        return new Host(this, name, seed);
    }

    /// <inheritdoc/>
    public IChannel Start(string name) => new Channel(this, _state, name);

    /// <inheritdoc/>
    public IPipe<TMessage> StartPipe<TMessage>(string name) => new SilentPipe<TMessage>(this);

    /// <inheritdoc/>
    public IProgressChannel StartProgressChannel(string name) => new SilentProgressChannel();

    /// <inheritdoc/>
    public TException Process<TException>(TException ex)
        where TException : Exception
    {
        Contracts.Mark(ex);
        if (!ex.Data.Contains("Throwing component"))
        {
            ex.Data["Throwing component"] = ShortName ?? "Environment";
            ex.Data["Parent component"] = FullName ?? "";
        }
        return ex;
    }

    /// <inheritdoc/>
    public bool TryAddOption<T>(string name, T value) => _state.Options.TryAdd(name, value);

    /// <inheritdoc/>
    public void SetOption<T>(string name, T value) => _state.Options[name] = value;

    /// <inheritdoc/>
    public bool TryGetOption<T>(string name, out T value)
    {
        bool found = _state.Options.TryGetValue(name, out object option);
        value = found ? (T)option : default;
        return found;
    }

    /// <inheritdoc/>
    public T GetOptionOrDefault<T>(string name) => TryGetOption(name, out T value) ? value : default;

    /// <inheritdoc/>
    public bool RemoveOption(string name) => _state.Options.TryRemove(name, out _);

    private int NextSeed()
    {
        lock (_randomLock)
            return Rand.Next();
    }
}
