namespace ZipIt.Tool;

/// <summary>The output cannot be written: a full disk, or no permission.</summary>
/// <param name="message">Which output, and why.</param>
/// <param name="cause">What it comes from.</param>
internal sealed class OutputException(string message, Exception? cause = null) : Exception(message, cause);
