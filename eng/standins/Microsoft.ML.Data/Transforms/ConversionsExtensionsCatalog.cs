using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Conversions between types of columns.</summary>
public static class ConversionsExtensionsCatalog
{
    /// <summary>Converts a column to another type.</summary>
    public static TypeConvertingEstimator ConvertType(
        this TransformsCatalog.ConversionTransforms catalog,
        string outputColumnName,
        string inputColumnName = null,
        DataKind outputKind = TypeConvertingEstimator.Defaults.DefaultOutputKind) =>
        new(CatalogUtils.GetEnvironment(catalog), [new(outputColumnName, outputKind, inputColumnName)]);

    /// <summary>Converts columns to another type.</summary>
    public static TypeConvertingEstimator ConvertType(
        this TransformsCatalog.ConversionTransforms catalog,
        InputOutputColumnPair[] columns,
        DataKind outputKind = TypeConvertingEstimator.Defaults.DefaultOutputKind) =>
        new(
            CatalogUtils.GetEnvironment(catalog),
            [.. columns.Select(column => new TypeConvertingEstimator.ColumnOptions(column.OutputColumnName, outputKind, column.InputColumnName))]);

    /// <summary>Replaces keys by the values that they stand for.</summary>
    public static KeyToValueMappingEstimator MapKeyToValue(
        this TransformsCatalog.ConversionTransforms catalog, string outputColumnName, string inputColumnName = null) =>
        new(CatalogUtils.GetEnvironment(catalog), (outputColumnName, inputColumnName ?? outputColumnName));

    /// <summary>Replaces keys by the values that they stand for.</summary>
    public static KeyToValueMappingEstimator MapKeyToValue(this TransformsCatalog.ConversionTransforms catalog, InputOutputColumnPair[] columns) =>
        new(CatalogUtils.GetEnvironment(catalog), InputOutputColumnPair.ConvertToValueTuples(columns));

    /// <summary>Replaces values by keys, which count the distinct values.</summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="outputColumnName">The column of keys.</param>
    /// <param name="inputColumnName">The column of values, by default of the same name.</param>
    /// <param name="maximumNumberOfKeys">How many values get a key when they are learnt from the data.</param>
    /// <param name="keyOrdinality">The order in which values get their keys.</param>
    /// <param name="addKeyValueAnnotationsAsText">Whether the values are kept as text, whatever their type.</param>
    /// <param name="keyData">The values, in a view of one column; if it is given, none are learnt from the data.</param>
    public static ValueToKeyMappingEstimator MapValueToKey(
        this TransformsCatalog.ConversionTransforms catalog,
        string outputColumnName,
        string inputColumnName = null,
        int maximumNumberOfKeys = ValueToKeyMappingEstimator.Defaults.MaximumNumberOfKeys,
        ValueToKeyMappingEstimator.KeyOrdinality keyOrdinality = ValueToKeyMappingEstimator.Defaults.Ordinality,
        bool addKeyValueAnnotationsAsText = ValueToKeyMappingEstimator.Defaults.AddKeyValueAnnotationsAsText,
        IDataView keyData = null) =>
        new(
            CatalogUtils.GetEnvironment(catalog),
            [(outputColumnName, inputColumnName ?? outputColumnName)],
            maximumNumberOfKeys,
            keyOrdinality,
            addKeyValueAnnotationsAsText,
            keyData);

    /// <summary>Replaces values by keys, which count the distinct values of each column.</summary>
    public static ValueToKeyMappingEstimator MapValueToKey(
        this TransformsCatalog.ConversionTransforms catalog,
        InputOutputColumnPair[] columns,
        int maximumNumberOfKeys = ValueToKeyMappingEstimator.Defaults.MaximumNumberOfKeys,
        ValueToKeyMappingEstimator.KeyOrdinality keyOrdinality = ValueToKeyMappingEstimator.Defaults.Ordinality,
        bool addKeyValueAnnotationsAsText = ValueToKeyMappingEstimator.Defaults.AddKeyValueAnnotationsAsText,
        IDataView keyData = null) =>
        new(
            CatalogUtils.GetEnvironment(catalog),
            InputOutputColumnPair.ConvertToValueTuples(columns),
            maximumNumberOfKeys,
            keyOrdinality,
            addKeyValueAnnotationsAsText,
            keyData);
}
