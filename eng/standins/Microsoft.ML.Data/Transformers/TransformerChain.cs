using System.Collections;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(TransformerChain<ITransformer>), typeof(TransformerChain), null, typeof(SignatureLoadModel), "Transformer chain", TransformerChain.LoaderSignature)]

namespace Microsoft.ML.Data;

/// <summary>Transformers that are applied one after the other.</summary>
public sealed class TransformerChain<TLastTransformer> : ITransformer, IEnumerable<ITransformer>, IDisposable, ITransformerChainAccessor
    where TLastTransformer : class, ITransformer
{
    /// <summary>The last transformer, null if there is none.</summary>
    public readonly TLastTransformer LastTransformer;

    private readonly ITransformer[] _transformers;
    private readonly TransformerScope[] _scopes;

    /// <summary>A chain whose members take part everywhere.</summary>
    public TransformerChain(params ITransformer[] transformers)
        : this(transformers, transformers?.Select(_ => TransformerScope.Everything))
    {
    }

    /// <summary>A chain.</summary>
    public TransformerChain(IEnumerable<ITransformer> transformers, IEnumerable<TransformerScope> scopes)
    {
        Contracts.CheckValue(transformers, nameof(transformers));
        Contracts.CheckValue(scopes, nameof(scopes));
        _transformers = [.. transformers];
        _scopes = [.. scopes];
        Contracts.Check(_transformers.Length == _scopes.Length, "The counts of transformers and scopes do not match");
        if (_transformers.Length == 0)
            return;
        LastTransformer = _transformers[^1] as TLastTransformer;
        Contracts.Check(LastTransformer != null, $"The last transformer of the chain is not a '{typeof(TLastTransformer)}'.");
    }

    // Format: int number of transformers; for each its int scope and, in the folder Transform_000 and so on, the transformer.
    internal TransformerChain(IHostEnvironment env, ModelLoadContext ctx)
    {
        env.CheckDecode(ctx.Header.CbModel >= sizeof(int), "The chain of transformers is cut short.");
        int count = ctx.Reader.ReadInt32();
        env.CheckDecode(
            count >= 0 && count == (ctx.Header.CbModel - sizeof(int)) / sizeof(int), $"A model block of {ctx.Header.CbModel} bytes cannot hold {count} transformers.");
        _transformers = new ITransformer[count];
        _scopes = new TransformerScope[count];
        for (int i = 0; i < count; i++)
        {
            int scope = ctx.Reader.ReadInt32();
            env.CheckDecode((scope & ~(int)TransformerScope.Everything) == 0, $"There is no transformer scope {scope}.");
            _scopes[i] = (TransformerScope)scope;
            ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out _transformers[i], ChainFormat.MemberName(i));
        }
        if (count > 0)
            LastTransformer = _transformers[^1] as TLastTransformer;
    }

    bool ITransformer.IsRowToRowMapper => Array.TrueForAll(_transformers, transformer => transformer.IsRowToRowMapper);

    ITransformer[] ITransformerChainAccessor.Transformers => _transformers;

    TransformerScope[] ITransformerChainAccessor.Scopes => _scopes;

    /// <summary>The chain with one more transformer.</summary>
    public TransformerChain<TNewLast> Append<TNewLast>(TNewLast transformer, TransformerScope scope = TransformerScope.Everything)
        where TNewLast : class, ITransformer
    {
        Contracts.CheckValue(transformer, nameof(transformer));
        return new TransformerChain<TNewLast>(_transformers.Append(transformer), _scopes.Append(scope));
    }

    /// <summary>Applies the transformers that take part in scoring.</summary>
    public IDataView Transform(IDataView input) => Transform(input, TransformerScope.Scoring);

    /// <summary>Applies the transformers that take part there.</summary>
    public IDataView Transform(IDataView input, TransformerScope scope)
    {
        Contracts.CheckValue(input, nameof(input));

        // Schema errors should come before any transformer has looked at the data.
        GetOutputSchema(input.Schema, scope);
        return Members(scope).Aggregate(input, (data, transformer) => transformer.Transform(data));
    }

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => GetOutputSchema(inputSchema, TransformerScope.Scoring);

    /// <summary>The schema after the transformers that take part there.</summary>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema, TransformerScope scope)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return Members(scope).Aggregate(inputSchema, (schema, transformer) => transformer.GetOutputSchema(schema));
    }

    /// <summary>The chain of those that take part there.</summary>
    public TransformerChain<ITransformer> GetModelFor(TransformerScope scopeFilter)
    {
        int[] kept = [.. Enumerable.Range(0, _scopes.Length).Where(i => (_scopes[i] & scopeFilter) != 0)];
        return new TransformerChain<ITransformer>(kept.Select(i => _transformers[i]), kept.Select(i => _scopes[i]));
    }

    /// <inheritdoc/>
    public IEnumerator<ITransformer> GetEnumerator() => ((IEnumerable<ITransformer>)_transformers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Disposes the transformers that can be disposed.</summary>
    public void Dispose()
    {
        foreach (ITransformer transformer in _transformers)
            (transformer as IDisposable)?.Dispose();
    }

    // Unlike Transform, a mapper takes every member, whatever its scope.
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Contracts.Check(((ITransformer)this).IsRowToRowMapper, "GetRowToRowMapper method called despite IsRowToRowMapper being false.");
        var mappers = new IRowToRowMapper[_transformers.Length];
        DataViewSchema schema = inputSchema;
        for (int i = 0; i < mappers.Length; i++)
        {
            mappers[i] = _transformers[i].GetRowToRowMapper(schema);
            schema = mappers[i].OutputSchema;
        }
        return new CompositeRowToRowMapper(inputSchema, mappers);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(ChainFormat.VersionInfo);
        ctx.Writer.Write(_transformers.Length);
        for (int i = 0; i < _transformers.Length; i++)
        {
            ctx.Writer.Write((int)_scopes[i]);
            ctx.SaveModel(_transformers[i], ChainFormat.MemberName(i));
        }
    }

    private IEnumerable<ITransformer> Members(TransformerScope scope) => _transformers.Where((_, i) => (_scopes[i] & scope) != 0);
}

/// <summary>Stores and restores chains.</summary>
internal static class TransformerChain
{
    /// <summary>The name under which chains are stored.</summary>
    public const string LoaderSignature = "TransformerChain";

    private static TransformerChain<ITransformer> Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(ChainFormat.VersionInfo);
        return new TransformerChain<ITransformer>(env, ctx);
    }
}

/// <summary>How chains are stored.</summary>
internal static class ChainFormat
{
    public static VersionInfo VersionInfo { get; } =
        new("XF CHAIN", 0x00010001, 0x00010001, 0x00010001, AssemblyNames.Data, TransformerChain.LoaderSignature);

    public static string MemberName(int index) => $"Transform_{index:000}";
}
