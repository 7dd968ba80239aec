using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Transforms of columns as such.</summary>
public static class TransformExtensionsCatalog
{
    /// <summary>Copies a column.</summary>
    public static ColumnCopyingEstimator CopyColumns(this TransformsCatalog catalog, string outputColumnName, string inputColumnName) =>
        new(CatalogUtils.GetEnvironment(catalog), (outputColumnName, inputColumnName));

    /// <summary>Puts columns of one item type together into a vector.</summary>
    public static ColumnConcatenatingEstimator Concatenate(this TransformsCatalog catalog, string outputColumnName, params string[] inputColumnNames) =>
        new(CatalogUtils.GetEnvironment(catalog), outputColumnName, inputColumnNames);

    /// <summary>Drops columns.</summary>
    public static ColumnSelectingEstimator DropColumns(this TransformsCatalog catalog, params string[] columnNames) =>
        new(CatalogUtils.GetEnvironment(catalog), null, columnNames);

    /// <summary>Keeps columns, in the given order, and drops all others.</summary>
    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, string[] columnNames, bool keepHidden) =>
        new(CatalogUtils.GetEnvironment(catalog), columnNames, null, keepHidden);

    /// <summary>Keeps columns, in the given order, and drops all others.</summary>
    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, params string[] columnNames) =>
        new(CatalogUtils.GetEnvironment(catalog), columnNames, null);
}
