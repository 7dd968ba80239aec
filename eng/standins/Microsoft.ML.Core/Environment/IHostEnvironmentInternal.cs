namespace Microsoft.ML.Runtime;

/// <summary>Settings of an environment that components may read.</summary>
[BestFriend]
internal interface IHostEnvironmentInternal : IHostEnvironment
{
    /// <summary>The seed of all random numbers, if one was given.</summary>
    int? Seed { get; }

    /// <summary>The GPU that components should use.</summary>
    int? GpuDeviceId { get; set; }

    /// <summary>Whether components should use the CPU if the GPU does not work.</summary>
    bool FallbackToCpu { get; set; }

    /// <summary>Where components put temporary files.</summary>
    string TempFilePath { get; set; }

    /// <summary>Adds an option unless there is one of that name.</summary>
    bool TryAddOption<T>(string name, T value);

    /// <summary>Sets an option.</summary>
    void SetOption<T>(string name, T value);

    /// <summary>Reads an option.</summary>
    bool TryGetOption<T>(string name, out T value);

    /// <summary>Reads an option, or the default of its type.</summary>
    T GetOptionOrDefault<T>(string name);

    /// <summary>Removes an option.</summary>
    bool RemoveOption(string name);
}
