using System.Globalization;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How often each class was predicted for each class.</summary>
public sealed class ConfusionMatrix
{
    internal readonly bool IsSampled;
    internal readonly bool IsBinary;
    internal IReadOnlyList<ReadOnlyMemory<char>> PredictedClassesIndicators;

    private readonly IHost _host;

    internal ConfusionMatrix(
        IHost host,
        double[] precision,
        double[] recall,
        double[][] confusionTableCounts,
        List<ReadOnlyMemory<char>> labelNames,
        bool isSampled,
        bool isBinary)
    {
        Contracts.CheckValue(host, nameof(host));
        host.Check(
            confusionTableCounts.Length == precision.Length && precision.Length == recall.Length && labelNames.Count == precision.Length,
            "Counts, precision, recall and names of a confusion matrix must be as many.");
        _host = host;
        PerClassPrecision = precision.AsReadOnly();
        PerClassRecall = recall.AsReadOnly();
        Counts = confusionTableCounts.Select(row => (IReadOnlyList<double>)row.AsReadOnly()).ToList().AsReadOnly();
        NumberOfClasses = confusionTableCounts.Length;
        PredictedClassesIndicators = labelNames.AsReadOnly();
        IsSampled = isSampled;
        IsBinary = isBinary;
    }

    /// <summary>For each class, the part of the rows predicted to be of it that are.</summary>
    public IReadOnlyList<double> PerClassPrecision { get; }

    /// <summary>For each class, the part of its rows that are predicted to be of it.</summary>
    public IReadOnlyList<double> PerClassRecall { get; }

    /// <summary>The number of rows by true class and then by predicted class.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Counts { get; }

    /// <summary>The number of classes.</summary>
    public int NumberOfClasses { get; }

    /// <summary>The number of rows of one class that were predicted to be of another.</summary>
    public double GetCountForClassPair(int predictedClassIndicatorIndex, int actualClassIndicatorIndex)
    {
        const string Fault = "Invalid index. Should be non-negative, less than the number of classes.";
        _host.CheckParam((uint)predictedClassIndicatorIndex < (uint)NumberOfClasses, nameof(predictedClassIndicatorIndex), Fault);
        _host.CheckParam((uint)actualClassIndicatorIndex < (uint)NumberOfClasses, nameof(actualClassIndicatorIndex), Fault);
        return Counts[actualClassIndicatorIndex][predictedClassIndicatorIndex];
    }

    /// <summary>The matrix as a table, with recall to the right and precision below.</summary>
    public string GetFormattedConfusionTable()
    {
        const int CornerWidth = 9;
        int columnWidth = NumberOfClasses == 2 ? 8 : 5;
        int longestName = PredictedClassesIndicators.Max(name => name.Length);

        // Names that are too long to stand above a column are numbered, and their numbers stand there.
        bool isNumbered = longestName > columnWidth;
        int digits = Math.Max(NumberOfClasses - 1, 0).ToString(CultureInfo.InvariantCulture).Length;
        int labelWidth = Math.Max(CornerWidth, isNumbered ? longestName + digits + 2 : longestName);
        string RowLabel(int index)
        {
            string name = PredictedClassesIndicators[index].ToString();
            return isNumbered ? $"{$"{index}".PadLeft(digits)}. {name.PadLeft(labelWidth - digits - 2)}" : name.PadLeft(labelWidth);
        }
        string ruler = new('=', NumberOfClasses * (columnWidth + 3));
        static string Number(double value) => value.ToString("N0", CultureInfo.CurrentCulture);
        static string Fraction(double value) => value.ToString("F4", CultureInfo.CurrentCulture);

        var table = new StringBuilder().AppendLine();
        table.AppendLine(IsSampled ? "Confusion table (sampled)" : "Confusion table");
        table.AppendLine($"{new string(' ', labelWidth)} ||{ruler}");
        table.Append($"{"PREDICTED".PadRight(labelWidth)} ||");
        for (int i = 0; i < NumberOfClasses; i++)
            table.Append($" {(isNumbered ? $"{i}" : PredictedClassesIndicators[i].ToString()).PadLeft(columnWidth)} |");
        table.AppendLine(" Recall");
        table.AppendLine($"{"TRUTH".PadRight(labelWidth)} ||{ruler}");
        for (int actual = 0; actual < NumberOfClasses; actual++)
        {
            table.Append($"{RowLabel(actual)} ||");
            foreach (double count in Counts[actual])
                table.Append($" {Number(count).PadLeft(columnWidth)} |");
            table.AppendLine($" {Fraction(PerClassRecall[actual]).PadLeft(5)}");
        }
        table.AppendLine($"{new string(' ', labelWidth)} ||{ruler}");
        table.Append($"{"Precision".PadRight(labelWidth)} ||");
        foreach (double precision in PerClassPrecision)
            table.Append($"{Fraction(precision).PadLeft(columnWidth + 1)} |");
        return table.AppendLine().ToString();
    }
}
