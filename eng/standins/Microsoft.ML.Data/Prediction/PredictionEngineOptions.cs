using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>How a prediction engine is made.</summary>
public sealed class PredictionEngineOptions
{
    /// <summary>Whether members of the prediction without a column are left alone.</summary>
    public bool IgnoreMissingColumns = true;

    /// <summary>The columns of the input class, null for its members.</summary>
    public SchemaDefinition InputSchemaDefinition;

    /// <summary>The columns of the prediction class, null for its members.</summary>
    public SchemaDefinition OutputSchemaDefinition;

    /// <summary>Whether the transformer is disposed with the engine.</summary>
    public bool OwnsTransformer = true;
}
