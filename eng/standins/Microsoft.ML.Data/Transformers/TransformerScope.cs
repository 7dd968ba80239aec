namespace Microsoft.ML.Data;

/// <summary>Where in a model's life a transformer of a chain takes part.</summary>
[Flags]
public enum TransformerScope
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>In training.</summary>
    Training = 1,

    /// <summary>In testing.</summary>
    Testing = 2,

    /// <summary>In scoring.</summary>
    Scoring = 4,

    /// <summary>In training and testing.</summary>
    TrainTest = Training | Testing,

    /// <summary>Everywhere.</summary>
    Everything = Training | Testing | Scoring,
}
