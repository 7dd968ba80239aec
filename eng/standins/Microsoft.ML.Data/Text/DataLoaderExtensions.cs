using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Loads from files.</summary>
public static class DataLoaderExtensions
{
    /// <summary>The data of files.</summary>
    public static IDataView Load(this IDataLoader<IMultiStreamSource> loader, params string[] path)
    {
        Contracts.CheckValue(loader, nameof(loader));
        return loader.Load(new MultiFileSource(path));
    }
}
