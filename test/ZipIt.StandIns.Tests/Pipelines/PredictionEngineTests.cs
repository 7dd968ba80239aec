using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Pipelines;

public class PredictionEngineTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Predict_BoundColumns_AreComputedOncePerMember()
    {
        int computed = 0;
        TestTransformer transformer = new(_context, "Sum", "Value", 1) { OnValue = _ => computed++ };
        using PredictionEngine<Input, Output> engine = _context.Model.CreatePredictionEngine<Input, Output>(transformer);
        Assert.Equal(0, computed);
        Assert.Equal(4, engine.Predict(new Input { Value = 3 }).Sum);
        Assert.Equal(1, computed);
        Assert.Equal(["Value", "Numbers", "Sum"], engine.OutputSchema.Select(column => column.Name));
    }

    [Fact]
    public void Predict_IntoAnObject_ReusesItsArrays()
    {
        using PredictionEngine<Input, Output> engine = _context.Model.CreatePredictionEngine<Input, Output>(new TestTransformer(_context, "Sum", "Value", 1));
        var output = new Output();
        engine.Predict(new Input { Numbers = [1, 2] }, ref output);
        float[] numbers = output.Numbers!;
        engine.Predict(new Input { Numbers = [3, 4] }, ref output);
        Assert.Same(numbers, output.Numbers);
        Assert.Equal([3f, 4], numbers);
        Assert.NotSame(numbers, engine.Predict(new Input { Numbers = [3, 4] }).Numbers);
        Assert.Throws<ArgumentNullException>(() => engine.Predict(null!));
    }

    [Fact]
    public void Dispose_Engine_DisposesTheTransformerIfItOwnsIt()
    {
        var transformer = new TestTransformer(_context, "Sum", "Value", 1);
        _context.Model.CreatePredictionEngine<Input, Output>(transformer, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();
        Assert.Equal(0, transformer.DisposeCount);
        PredictionEngine<Input, Output> engine = _context.Model.CreatePredictionEngine<Input, Output>(transformer);
        engine.Dispose();
        engine.Dispose();
        Assert.Equal(1, transformer.DisposeCount);
        Assert.Equal(0, transformer.RowDisposeCount);
    }

    [Fact]
    public void CreatePredictionEngine_NotRowToRow_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Model.CreatePredictionEngine<Input, Output>(new WholeViewTransformer()));

    [Fact]
    public void CreatePredictionEngine_MissingMembers_DependsOnTheOptions()
    {
        var transformer = new TestTransformer(_context, "Other", "Value", 1);
        Assert.Equal(0, _context.Model.CreatePredictionEngine<Input, Output>(transformer).Predict(new Input { Value = 3 }).Sum);
        Assert.Throws<InvalidOperationException>(() => _context.Model.CreatePredictionEngine<Input, Output>(transformer, ignoreMissingColumns: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Model.CreatePredictionEngine<Output, Input>(transformer));
    }

    [Fact]
    public void CreatePredictionEngine_InputSchema_GivesTheColumnsItsTypes()
    {
        IDataView data = _context.Data.LoadFromEnumerable(new List<SizedInput>());
        using PredictionEngine<Input, Output> engine =
            _context.Model.CreatePredictionEngine<Input, Output>(new TestTransformer(_context, "Sum", "Value", 1), data.Schema);
        Assert.Equal("Vector<Single, 2>", engine.OutputSchema["Numbers"].Type.ToString());
    }

    private sealed class Input
    {
        public float Value { get; set; }

        public float[]? Numbers { get; set; }
    }

    private sealed class SizedInput
    {
        public float Value { get; set; }

        [VectorType(2)]
        public float[]? Numbers { get; set; }
    }

    private sealed class Output
    {
        public float Sum { get; set; }

        public float[]? Numbers { get; set; }
    }

    private sealed class WholeViewTransformer : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public void Save(ModelSaveContext ctx)
        {
        }

        public IDataView Transform(IDataView input) => input;
    }
}
