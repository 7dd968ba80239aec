namespace Microsoft.ML;

/// <summary>Learns a transformer from data. Estimators do not change; one can be fitted many times.</summary>
public interface IEstimator<out TTransformer>
    where TTransformer : ITransformer
{
    /// <summary>Learns from <paramref name="input"/>.</summary>
    TTransformer Fit(IDataView input);

    /// <summary>The shape of what the transformer will give for data of the shape <paramref name="inputSchema"/>; throws where that cannot work.</summary>
    SchemaShape GetOutputSchema(SchemaShape inputSchema);
}
