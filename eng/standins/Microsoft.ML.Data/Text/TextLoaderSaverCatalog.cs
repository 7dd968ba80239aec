using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Loads text files.</summary>
public static class TextLoaderSaverCatalog
{
    /// <summary>Makes a loader of described columns.</summary>
    public static TextLoader CreateTextLoader(
        this DataOperationsCatalog catalog,
        TextLoader.Column[] columns,
        char separatorChar = TextLoader.Defaults.Separator,
        bool hasHeader = TextLoader.Defaults.HasHeader,
        IMultiStreamSource dataSample = null,
        bool allowQuoting = TextLoader.Defaults.AllowQuoting,
        bool trimWhitespace = TextLoader.Defaults.TrimWhitespace,
        bool allowSparse = TextLoader.Defaults.AllowSparse) =>
        new(CatalogUtils.GetEnvironment(catalog), OptionsOf(columns, separatorChar, hasHeader, allowQuoting, trimWhitespace, allowSparse), dataSample);

    /// <summary>Makes a loader.</summary>
    public static TextLoader CreateTextLoader(this DataOperationsCatalog catalog, TextLoader.Options options, IMultiStreamSource dataSample = null) =>
        new(CatalogUtils.GetEnvironment(catalog), options, dataSample);

    /// <summary>Makes a loader of the columns that a class describes.</summary>
    public static TextLoader CreateTextLoader<TInput>(
        this DataOperationsCatalog catalog,
        char separatorChar = TextLoader.Defaults.Separator,
        bool hasHeader = TextLoader.Defaults.HasHeader,
        IMultiStreamSource dataSample = null,
        bool allowQuoting = TextLoader.Defaults.AllowQuoting,
        bool trimWhitespace = TextLoader.Defaults.TrimWhitespace,
        bool allowSparse = TextLoader.Defaults.AllowSparse)
    {
        IHostEnvironment env = CatalogUtils.GetEnvironment(catalog);
        TextLoader.Column[] columns = TextLoader.ColumnsOf<TInput>(env);
        return new(env, OptionsOf(columns, separatorChar, hasHeader, allowQuoting, trimWhitespace, allowSparse), dataSample);
    }

    /// <summary>Loads a file of described columns.</summary>
    public static IDataView LoadFromTextFile(
        this DataOperationsCatalog catalog,
        string path,
        TextLoader.Column[] columns,
        char separatorChar = TextLoader.Defaults.Separator,
        bool hasHeader = TextLoader.Defaults.HasHeader,
        bool allowQuoting = TextLoader.Defaults.AllowQuoting,
        bool trimWhitespace = TextLoader.Defaults.TrimWhitespace,
        bool allowSparse = TextLoader.Defaults.AllowSparse)
    {
        MultiFileSource source = SourceOf(path);
        return catalog.CreateTextLoader(columns, separatorChar, hasHeader, source, allowQuoting, trimWhitespace, allowSparse).Load(source);
    }

    /// <summary>Loads a file of the columns that a class describes.</summary>
    public static IDataView LoadFromTextFile<TInput>(
        this DataOperationsCatalog catalog,
        string path,
        char separatorChar = TextLoader.Defaults.Separator,
        bool hasHeader = TextLoader.Defaults.HasHeader,
        bool allowQuoting = TextLoader.Defaults.AllowQuoting,
        bool trimWhitespace = TextLoader.Defaults.TrimWhitespace,
        bool allowSparse = TextLoader.Defaults.AllowSparse)
    {
        MultiFileSource source = SourceOf(path);
        return catalog.CreateTextLoader<TInput>(separatorChar, hasHeader, source, allowQuoting, trimWhitespace, allowSparse).Load(source);
    }

    /// <summary>Loads a file.</summary>
    public static IDataView LoadFromTextFile(this DataOperationsCatalog catalog, string path, TextLoader.Options options = null)
    {
        MultiFileSource source = SourceOf(path);
        return catalog.CreateTextLoader(options ?? new TextLoader.Options(), source).Load(source);
    }

    private static MultiFileSource SourceOf(string path)
    {
        Contracts.CheckNonEmpty(path, nameof(path));
        if (!File.Exists(path))
            throw Contracts.ExceptParam(nameof(path), $"File does not exist at path: {path}");
        return new MultiFileSource(path);
    }

    private static TextLoader.Options OptionsOf(
        TextLoader.Column[] columns, char separator, bool hasHeader, bool allowQuoting, bool trimWhitespace, bool allowSparse) => new()
    {
        Columns = columns,
        Separators = [separator],
        HasHeader = hasHeader,
        AllowQuoting = allowQuoting,
        TrimWhitespace = trimWhitespace,
        AllowSparse = allowSparse,
    };
}
