using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Looks at the first rows of data.</summary>
public static class DebuggerExtensions
{
    private const int DefaultRows = 100;

    /// <summary>The first rows of a view.</summary>
    public static DataDebuggerPreview Preview(this IDataView data, int maxRows = DefaultRows) => new(data, maxRows);

    /// <summary>The first rows of what a transformer makes of data.</summary>
    public static DataDebuggerPreview Preview(this ITransformer transformer, IDataView data, int maxRows = DefaultRows)
    {
        Contracts.CheckValue(transformer, nameof(transformer));
        return new DataDebuggerPreview(transformer.Transform(data), maxRows);
    }

    /// <summary>The first rows of what an estimator makes of data once it is fitted to the first <paramref name="maxTrainingRows"/> rows.</summary>
    public static DataDebuggerPreview Preview(
        this IEstimator<ITransformer> estimator, IDataView data, int maxRows = DefaultRows, int maxTrainingRows = DefaultRows)
    {
        Contracts.CheckValue(estimator, nameof(estimator));
        Contracts.CheckValue(data, nameof(data));
        IDataView training = RowRangeDataView.Take(data, maxTrainingRows);
        return new DataDebuggerPreview(estimator.Fit(training).Transform(data), maxRows);
    }
}
