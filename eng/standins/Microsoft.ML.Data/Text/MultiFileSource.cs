using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Several files that are read one after the other.</summary>
public sealed class MultiFileSource : IMultiStreamSource
{
    private readonly string[] _paths;

    /// <summary>Names the files.</summary>
    public MultiFileSource(params string[] paths)
    {
        Contracts.CheckValue(paths, nameof(paths));
        _paths = paths;
    }

    /// <inheritdoc/>
    public int Count => _paths.Length;

    /// <inheritdoc/>
    public string GetPathOrNull(int index)
    {
        Contracts.CheckParam((uint)index < (uint)Count, nameof(index));
        return _paths[index];
    }

    /// <inheritdoc/>
    public Stream Open(int index) => File.OpenRead(GetPathOrNull(index));

    /// <inheritdoc/>
    public TextReader OpenTextReader(int index) => new StreamReader(Open(index));
}
