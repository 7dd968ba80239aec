using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How well a classifier of several classes does.</summary>
public sealed class MulticlassClassificationMetrics
{
    internal MulticlassClassificationMetrics(
        double accuracyMicro,
        double accuracyMacro,
        double logLoss,
        double logLossReduction,
        int topKPredictionCount,
        double[] topKAccuracies,
        double[] perClassLogLoss)
    {
        MicroAccuracy = accuracyMicro;
        MacroAccuracy = accuracyMacro;
        LogLoss = logLoss;
        LogLossReduction = logLossReduction;
        TopKPredictionCount = topKPredictionCount;
        TopKAccuracyForAllK = topKAccuracies?.AsReadOnly();
        PerClassLogLoss = perClassLogLoss.AsReadOnly();
    }

    internal MulticlassClassificationMetrics(
        double accuracyMicro,
        double accuracyMacro,
        double logLoss,
        double logLossReduction,
        int topKPredictionCount,
        double[] topKAccuracies,
        double[] perClassLogLoss,
        ConfusionMatrix confusionMatrix)
        : this(accuracyMicro, accuracyMacro, logLoss, logLossReduction, topKPredictionCount, topKAccuracies, perClassLogLoss)
    {
        Contracts.CheckValue(confusionMatrix, nameof(confusionMatrix));
        ConfusionMatrix = confusionMatrix;
    }

    /// <summary>The mean over all rows of -ln of the probability that was given to the true class.</summary>
    public double LogLoss { get; }

    /// <summary>By which part the log-loss is smaller than that of always giving each class its frequency.</summary>
    public double LogLossReduction { get; }

    /// <summary>The mean of the accuracies of the classes that occur.</summary>
    public double MacroAccuracy { get; }

    /// <summary>The part of the rows whose class is predicted.</summary>
    public double MicroAccuracy { get; }

    /// <summary>The part of the rows whose class is among the <see cref="TopKPredictionCount"/> best scored ones, 0 if that was not asked for.</summary>
    public double TopKAccuracy => TopKAccuracyForAllK is { Count: > 0 } accuracies ? accuracies[^1] : 0;

    /// <summary>How many of the best scored classes <see cref="TopKAccuracy"/> looks at, 0 if that was not asked for.</summary>
    public int TopKPredictionCount { get; }

    /// <summary>The accuracy among the best 1, 2 and so on up to <see cref="TopKPredictionCount"/> classes, null if that was not asked for.</summary>
    public IReadOnlyList<double> TopKAccuracyForAllK { get; }

    /// <summary>The log-loss over the rows of each class, 0 for a class without rows.</summary>
    public IReadOnlyList<double> PerClassLogLoss { get; }

    /// <summary>How often each class was predicted for each class.</summary>
    public ConfusionMatrix ConfusionMatrix { get; }
}
