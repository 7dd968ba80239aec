using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.StandIns.Tests.Pipelines;

/// <summary>A transformer on ML.NET's own row-to-row machinery that adds a constant to a number and tells on which threads it works.</summary>
internal sealed class TestTransformer : OneToOneTransformerBase, IDisposable
{
    private readonly float _added;

    public TestTransformer(IHostEnvironment env, string output, string input, float added)
        : base(env.Register(nameof(TestTransformer)), (output, input))
    {
        _added = added;
    }

    /// <summary>Called for each value, on the thread that computes it.</summary>
    public Action<float>? OnValue { get; set; }

    public int DisposeCount { get; private set; }

    public int RowDisposeCount { get; private set; }

    public void Dispose() => DisposeCount++;

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private protected override void SaveModel(ModelSaveContext ctx) => throw new NotSupportedException();

    private sealed class Mapper(TestTransformer parent, DataViewSchema inputSchema) : OneToOneMapperBase(parent.Host, parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
            [new DataViewSchema.DetachedColumn(parent.ColumnPairs[0].outputColumnName, NumberDataViewType.Single)];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = () => parent.RowDisposeCount++;
            ValueGetter<float> getter = input.GetGetter<float>(InputSchema[ColMapNewToOld[0]]);
            return (ValueGetter<float>)((ref float value) =>
            {
                getter(ref value);
                parent.OnValue?.Invoke(value);
                value += parent._added;
            });
        }
    }
}

/// <summary>An estimator that gives a fixed transformer and counts how often it is fitted.</summary>
internal sealed class TestEstimator(ITransformer transformer, string output) : IEstimator<ITransformer>
{
    public int FitCount { get; private set; }

    public ITransformer Fit(IDataView input)
    {
        FitCount++;
        return transformer;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        new(inputSchema.Append(new SchemaShape.Column(output, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false)));
}
