using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Estimators that are fitted one after the other, each on what the ones before make of the data.</summary>
public sealed class EstimatorChain<TLastTransformer> : IEstimator<TransformerChain<TLastTransformer>>
    where TLastTransformer : class, ITransformer
{
    /// <summary>The last estimator, null if there is none.</summary>
    public readonly IEstimator<TLastTransformer> LastEstimator;

    private readonly EstimatorChainMember[] _members;

    // The environment for cache checkpoints, once there is one.
    private readonly IHostEnvironment _env;

    /// <summary>A chain without estimators.</summary>
    public EstimatorChain()
    {
        _members = [];
    }

    private EstimatorChain(IHostEnvironment env, EstimatorChainMember[] members)
    {
        _env = env;
        _members = members;
        LastEstimator = members[^1].Estimator as IEstimator<TLastTransformer>;
        Contracts.Check(LastEstimator != null, $"The last estimator of the chain does not give a '{typeof(TLastTransformer)}'.");
    }

    /// <summary>Fits the estimators in order. The whole chain is checked against the shape of the data before the first one is.</summary>
    public TransformerChain<TLastTransformer> Fit(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        GetOutputSchema(SchemaShape.Create(input.Schema));

        IDataView data = input;
        var transformers = new ITransformer[_members.Length];
        for (int i = 0; i < transformers.Length; i++)
        {
            transformers[i] = _members[i].Estimator.Fit(data);
            data = transformers[i].Transform(data);
            if (_members[i].CacheAfter && i < transformers.Length - 1)
                data = new CacheDataView(_env, data, null);
        }
        return new TransformerChain<TLastTransformer>(transformers, _members.Select(member => member.Scope));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return _members.Aggregate(inputSchema, (shape, member) => member.Estimator.GetOutputSchema(shape));
    }

    /// <summary>The chain with one more estimator.</summary>
    public EstimatorChain<TNewTrans> Append<TNewTrans>(IEstimator<TNewTrans> estimator, TransformerScope scope = TransformerScope.Everything)
        where TNewTrans : class, ITransformer
    {
        Contracts.CheckValue(estimator, nameof(estimator));
        return new EstimatorChain<TNewTrans>(_env, [.. _members, new EstimatorChainMember(estimator, scope, CacheAfter: false)]);
    }

    /// <summary>The chain in which estimators appended later read their data from a cache.</summary>
    public EstimatorChain<TLastTransformer> AppendCacheCheckpoint(IHostEnvironment env)
    {
        Contracts.CheckValue(env, nameof(env));
        if (_members.Length == 0 || _members[^1].CacheAfter)
            return this;
        return new EstimatorChain<TLastTransformer>(env, [.. _members[..^1], _members[^1] with { CacheAfter = true }]);
    }
}

/// <summary>One estimator of a chain.</summary>
internal sealed record EstimatorChainMember(IEstimator<ITransformer> Estimator, TransformerScope Scope, bool CacheAfter);
