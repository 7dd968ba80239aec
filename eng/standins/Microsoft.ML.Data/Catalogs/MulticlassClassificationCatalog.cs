using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Training and evaluation of classifiers of more than two classes.</summary>
public sealed class MulticlassClassificationCatalog : TrainCatalogBase
{
    internal MulticlassClassificationCatalog(IHostEnvironment env)
        : base(env, nameof(MulticlassClassificationCatalog))
    {
    }

    /// <summary>Evaluates scored data.</summary>
    /// <param name="data">The scored data.</param>
    /// <param name="labelColumnName">The column of true labels: numbers of type Single, or keys.</param>
    /// <param name="scoreColumnName">The column of scores: vectors of Single, one for each class in the order of the labels.</param>
    /// <param name="predictedLabelColumnName">The column of predicted labels, which must be there but is not read.</param>
    /// <param name="topKPredictionCount">How many of the best scored classes the top-k accuracy looks at, 0 for none.</param>
    public MulticlassClassificationMetrics Evaluate(
        IDataView data,
        string labelColumnName = DefaultColumnNames.Label,
        string scoreColumnName = DefaultColumnNames.Score,
        string predictedLabelColumnName = DefaultColumnNames.PredictedLabel,
        int topKPredictionCount = 0)
    {
        Environment.CheckValue(data, nameof(data));
        Environment.CheckNonEmpty(labelColumnName, nameof(labelColumnName));
        Environment.CheckNonEmpty(scoreColumnName, nameof(scoreColumnName));
        Environment.CheckNonEmpty(predictedLabelColumnName, nameof(predictedLabelColumnName));
        Environment.CheckUserArg(topKPredictionCount >= 0, nameof(topKPredictionCount), "Must be a positive number, or 0 for none");
        IHost host = Environment.Register("MulticlassClassifierEvaluator");
        return MulticlassEvaluation.Run(host, data, labelColumnName, scoreColumnName, predictedLabelColumnName, topKPredictionCount);
    }
}
