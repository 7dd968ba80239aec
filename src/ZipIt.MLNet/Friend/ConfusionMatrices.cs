using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Friend;

/// <summary>Makes ML.NET's confusion matrices, whose constructor is not public.</summary>
internal static class ConfusionMatrices
{
    /// <param name="host">The environment.</param>
    /// <param name="counts">Number of rows by true class and predicted class.</param>
    /// <param name="labels">Names of the classes.</param>
    public static ConfusionMatrix Create(IHost host, double[][] counts, IReadOnlyList<string> labels)
    {
        int classes = counts.Length;
        var precision = new double[classes];
        var recall = new double[classes];
        for (int c = 0; c < classes; c++)
        {
            double predicted = counts.Sum(row => row[c]), actual = counts[c].Sum();
            precision[c] = predicted > 0 ? counts[c][c] / predicted : 0;
            recall[c] = actual > 0 ? counts[c][c] / actual : 0;
        }

        return new ConfusionMatrix(host, precision, recall, counts, [.. labels.Select(label => label.AsMemory())], isSampled: false, isBinary: false);
    }
}
