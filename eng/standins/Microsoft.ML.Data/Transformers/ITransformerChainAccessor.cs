namespace Microsoft.ML.Data;

/// <summary>The members of a chain.</summary>
[BestFriend]
internal interface ITransformerChainAccessor
{
    /// <summary>The transformers.</summary>
    ITransformer[] Transformers { get; }

    /// <summary>Where each takes part.</summary>
    TransformerScope[] Scopes { get; }
}
