namespace ZipIt.Tool;

/// <summary>The command line is wrong.</summary>
/// <param name="message">What is wrong with it, and what to do.</param>
/// <param name="cause">What it comes from, if anything.</param>
internal sealed class UsageException(string message, Exception? cause = null) : Exception(message, cause);
