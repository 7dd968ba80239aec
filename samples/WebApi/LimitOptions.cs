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

    /// <summary>Number of requests that may wait for their turn; more are answered with status 503.</summary>
    public int WaitingPredictions { get; set; } = 100;
}
