namespace Microsoft.ML.Runtime;

/// <summary>Adds to an exception where it comes from.</summary>
public interface IExceptionContext
{
    /// <summary>What the context is.</summary>
    string ContextDescription { get; }

    /// <summary>Marks the exception as one that ML.NET itself raised, and returns it.</summary>
    TException Process<TException>(TException ex)
        where TException : Exception;
}
