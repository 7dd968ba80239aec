namespace WebApi;

/// <summary>What clients may ask for: the section <c>Limits</c> of the settings.</summary>
public sealed class LimitOptions
{
    /// <summary>Largest size of a request's body in bytes.</summary>
    public long RequestBytes { get; set; } = 8 << 20;

    /// <summary>Largest number of pixels of an image; decoded, each takes four bytes.</summary>
    public long ImagePixels { get; set; } = 16 << 20;

    /// <summary>Number of images that are scored at the same time; 0 for one per processor.</summary>
    public int ConcurrentPredictions { get; set; }

    /// <summary>Number of requests that may wait for their turn; more are answered with status 503, and shall come back later.</summary>
    public int WaitingPredictions { get; set; } = 100;

    /// <summary>Number of connections at the same time; more are closed. With <see cref="RequestBytes"/> it bounds the memory that requests take.</summary>
    public int Connections { get; set; } = 256;

    /// <summary>Slowest that a client may send its request, in bytes per second; slower ones are cut off after <see cref="PatienceSeconds"/>.</summary>
    public double BytesPerSecond { get; set; } = 240;

    /// <summary>How long a client may be slower at the beginning, in seconds; at least 1.</summary>
    public double PatienceSeconds { get; set; } = 5;

    /// <summary>
    /// How long connections are told to close, and still served, when the service shall stop, in seconds; 0 to close them at once. For half as long again no
    /// new connections are taken, but those that are there are served.
    /// </summary>
    public double DrainSeconds { get; set; } = 2;
}
