using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.StandIns.Tests.Pipelines;

public class ChainTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Append_ToChain_ExtendsItOrNestsIt()
    {
        var first = new TestEstimator(Make("A"), "A");
        EstimatorChain<ITransformer> chain = first.Append(new TestEstimator(Make("B"), "B"));
        Assert.Equal(3, chain.Append(new TestEstimator(Make("C"), "C")).Fit(Numbers()).Count());
        Assert.Equal(3, ((IEstimator<ITransformer>)chain).Append(new TestEstimator(Make("C"), "C")).Fit(Numbers()).Count());

        // A chain whose last transformer has a type of its own counts as one estimator when it is handed over as one.
        IEstimator<ITransformer> typed = first.Append(_context.Transforms.CopyColumns("B", "A"));
        Assert.Equal(2, typed.Append(new TestEstimator(Make("C"), "C")).Fit(Numbers()).Count());
    }

    [Fact]
    public void Fit_ShapeThatDoesNotFit_FailsBeforeAnyEstimatorIsFitted()
    {
        var first = new TestEstimator(Make("A"), "A");
        Assert.Throws<ArgumentOutOfRangeException>(() => first.Append(_context.Transforms.CopyColumns("B", "Missing")).Fit(Numbers()));
        Assert.Equal(0, first.FitCount);
    }

    [Fact]
    public void AppendCacheCheckpoint_LaterEstimators_ReadTheCache()
    {
        int computed = 0;
        TestTransformer transformer = Make("A");
        transformer.OnValue = _ => Interlocked.Increment(ref computed);
        var chain = new TestEstimator(transformer, "A").AppendCacheCheckpoint(_context)
            .Append(_context.Transforms.Conversion.MapValueToKey("K1", "A"))
            .Append(_context.Transforms.Conversion.MapValueToKey("K2", "A"));
        chain.Fit(Numbers());
        Assert.Equal(5, computed);
    }

    [Fact]
    public void Transform_Scopes_LimitTransformButNotTheMapper()
    {
        var chain = new TransformerChain<ITransformer>([Make("A"), Make("B"), Make("C")], [TransformerScope.Everything, TransformerScope.TrainTest, TransformerScope.Scoring]);
        Assert.Equal(["Value", "A", "C"], chain.Transform(Numbers()).Schema.Select(column => column.Name));
        Assert.Equal(["Value", "A", "B"], chain.Transform(Numbers(), TransformerScope.Testing).Schema.Select(column => column.Name));
        Assert.Equal(2, chain.GetModelFor(TransformerScope.Scoring).Count());
        ITransformer model = chain;
        Assert.True(model.IsRowToRowMapper);
        Assert.Equal(["Value", "A", "B", "C"], model.GetRowToRowMapper(Numbers().Schema).OutputSchema.Select(column => column.Name));
    }

    [Fact]
    public void GetRow_Composite_ActivatesWhatIsNeeded()
    {
        TestTransformer unused = Make("B");
        unused.OnValue = _ => Assert.Fail("Nobody asked for B.");
        ITransformer chain = new TransformerChain<ITransformer>(Make("A"), unused, Make("C", "A"));
        IDataView data = Numbers();
        IRowToRowMapper mapper = chain.GetRowToRowMapper(data.Schema);
        DataViewSchema.Column wanted = mapper.OutputSchema["C"];
        Assert.Equal(["Value"], mapper.GetDependencies([wanted]).Select(column => column.Name));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        using DataViewRow row = mapper.GetRow(cursor, [wanted]);
        ValueGetter<float> getter = row.GetGetter<float>(wanted);
        Assert.True(cursor.MoveNext());
        Assert.True(cursor.MoveNext());
        float value = 0;
        getter(ref value);
        Assert.Equal(2, value);
        Assert.Throws<InvalidOperationException>(() => row.GetGetter<float>(mapper.OutputSchema["B"]));
    }

    [Fact]
    public void GetRow_RowOfAnotherSchema_Throws()
    {
        IRowToRowMapper mapper = ((ITransformer)Make("A")).GetRowToRowMapper(Numbers().Schema);
        IDataView other = Numbers();
        using DataViewRowCursor cursor = other.GetRowCursor(other.Schema);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapper.GetRow(cursor, mapper.OutputSchema));
    }

    [Fact]
    public void Transform_MissingColumn_NamesItWithoutReadingData()
    {
        ITransformer transformer = Make("A", "Missing");
        foreach (Action action in new Action[]
                 {
                     () => transformer.Transform(Numbers()), () => transformer.GetOutputSchema(Numbers().Schema), () => transformer.GetRowToRowMapper(Numbers().Schema),
                 })
        {
            var e = Assert.Throws<ArgumentOutOfRangeException>(action);
            Assert.Equal("Could not find input column 'Missing' (Parameter 'inputSchema')", e.Message);
            Assert.True(e.IsMarked());
        }
    }

    [Fact]
    public void Dispose_Chain_DisposesItsMembers()
    {
        TestTransformer member = Make("A");
        new TransformerChain<ITransformer>(member, Make("B")).Dispose();
        Assert.Equal(1, member.DisposeCount);
    }

    [Fact]
    public void WithOnFitDelegate_Fit_HandsOverTheTransformer()
    {
        ITransformer? fitted = null;
        new TestEstimator(Make("A"), "A").WithOnFitDelegate(transformer => fitted = transformer).Fit(Numbers());
        Assert.IsType<TestTransformer>(fitted);
    }

    private TestTransformer Make(string output, string input = "Value") => new(_context, output, input, 0.5f);

    private IDataView Numbers() => _context.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(i => new Row { Value = i }).ToList());

    private sealed class Row
    {
        public float Value { get; set; }
    }
}
