using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The named streams of a model file, which is a zip archive.</summary>
[BestFriend]
internal abstract class Repository : IDisposable
{
    internal Repository(bool needDir, IExceptionContext ectx)
    {
        ExceptionContext = ectx;
    }

    /// <summary>Where exceptions come from.</summary>
    public IExceptionContext ExceptionContext { get; }

    /// <summary>Whether the repository is closed.</summary>
    protected bool Disposed { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Disposed)
            return;
        Dispose(true);
        Disposed = true;
    }

    /// <summary>Closes the archive.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Called when an entry is closed.</summary>
    protected abstract void OnDispose(Entry ent);

    /// <summary>An open stream of a repository.</summary>
    public sealed class Entry : IDisposable
    {
        private readonly Repository _repository;
        private bool _disposed;

        internal Entry(Repository rep, string path, Stream stream)
        {
            _repository = rep;
            Path = path;
            Stream = stream;
        }

        /// <summary>The path within the archive.</summary>
        public string Path { get; }

        /// <summary>The content.</summary>
        public Stream Stream { get; }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            _repository.OnDispose(this);
        }
    }
}
