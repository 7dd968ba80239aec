using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Applies a transformer to single objects. An engine serves one thread at a time.</summary>
public abstract class PredictionEngineBase<TSrc, TDst> : IDisposable
    where TSrc : class
    where TDst : class, new()
{
    private readonly InputRow<TSrc> _input;
    private readonly Action<TDst>[] _setters;
    private readonly bool _ownsTransformer;
    private bool _disposed;

    [BestFriend]
    private protected PredictionEngineBase(
        IHostEnvironment env,
        ITransformer transformer,
        bool ignoreMissingColumns,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null,
        bool ownsTransformer = true)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(transformer, nameof(transformer));
        env.CheckParam(transformer.IsRowToRowMapper, nameof(transformer), "Must be a row to row mapper");
        Transformer = transformer;
        _ownsTransformer = ownsTransformer;
        _input = new InputRow<TSrc>(inputSchemaDefinition);
        IRowToRowMapper mapper = transformer.GetRowToRowMapper(_input.Schema);

        // Every output column is active, as with the real engine: what is not bound is never asked for a value.
        DataViewRow output = mapper.GetRow(_input, mapper.OutputSchema);
        _setters = RowBinding<TDst>.MakeSetters(output, outputSchemaDefinition, ignoreMissingColumns);
        OutputSchema = transformer.GetOutputSchema(_input.Schema);
    }

    /// <summary>The columns that the transformer gives.</summary>
    public DataViewSchema OutputSchema { get; }

    [BestFriend]
    private protected ITransformer Transformer { get; }

    /// <summary>Disposes the transformer, if the engine owns it.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_ownsTransformer)
            (Transformer as IDisposable)?.Dispose();
    }

    /// <summary>The prediction for an object.</summary>
    public TDst Predict(TSrc example)
    {
        var prediction = new TDst();
        Predict(example, ref prediction);
        return prediction;
    }

    /// <summary>The prediction for an object, written into an existing one whose arrays are used again.</summary>
    public abstract void Predict(TSrc example, ref TDst prediction);

    [BestFriend]
    private protected void ExtractValues(TSrc example) => _input.MoveTo(example);

    [BestFriend]
    private protected void FillValues(TDst prediction)
    {
        foreach (Action<TDst> set in _setters)
            set(prediction);
    }
}
