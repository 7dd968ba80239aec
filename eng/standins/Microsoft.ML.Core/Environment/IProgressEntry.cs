namespace Microsoft.ML.Runtime;

/// <summary>Takes the values of one progress report.</summary>
public interface IProgressEntry
{
    /// <summary>Sets the progress in one unit.</summary>
    void SetProgress(int index, double value);

    /// <summary>Sets the progress in one unit and where it will end.</summary>
    void SetProgress(int index, double value, double lim);

    /// <summary>Sets a metric.</summary>
    void SetMetric(int index, double value);
}
