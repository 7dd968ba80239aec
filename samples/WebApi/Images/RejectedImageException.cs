namespace WebApi;

/// <summary>A request is refused.</summary>
/// <param name="statusCode">Status of the answer, 400–499.</param>
/// <param name="message">What is wrong with it, for the client.</param>
/// <param name="inner">What was caught; not told to the client.</param>
public sealed class RejectedImageException(int statusCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Status of the answer.</summary>
    public int StatusCode { get; } = statusCode;
}
