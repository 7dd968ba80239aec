using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Tests;

/// <content>Estimators, transformers, model files and prediction engines.</content>
public sealed partial class MLNetFactsTests
{
    [Fact]
    public void Fit_ChainWhoseShapesDoNotFit_FailsBeforeAnyMemberIsFitted()
    {
        var first = new CountingEstimator();

        Assert.Throws<ArgumentOutOfRangeException>(() => first.Append(_context.Transforms.CopyColumns("Copy", "Missing"))
            .Fit(_context.Data.LoadFromEnumerable(Numbers(1))));

        Assert.Equal(0, first.Fits);
    }

    [Fact]
    public void Transform_MemberOfOtherScope_IsLeftOutButNotOfTheMapper()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Numbers(1));
        ITransformer[] copies = [.. ((string[])["A", "B"]).Select(name => _context.Transforms.CopyColumns(name, "Number").Fit(data))];
        ITransformer chain = new TransformerChain<ITransformer>(copies, [TransformerScope.TrainTest, TransformerScope.Scoring]);

        Assert.Equal(["Number", "Text", "B"], chain.Transform(data).Schema.Select(column => column.Name));
        Assert.Equal(["Number", "Text", "A", "B"], chain.GetRowToRowMapper(data.Schema).OutputSchema.Select(column => column.Name));
    }

    /// <summary>So an output that is costly must keep the row's result for its neighbours.</summary>
    [Fact]
    public void Predict_EachBoundOutput_AsksItsOwnGetterOnce()
    {
        var transformer = new CountingTransformer();
        using PredictionEngine<NumberRow, CountingRow> engine = _context.Model.CreatePredictionEngine<NumberRow, CountingRow>(transformer);

        engine.Predict(new NumberRow());

        Assert.Equal([1, 1, 0], transformer.Calls);
    }

    [Fact]
    public void Predict_IntoAnObject_ReusesItsArrays()
    {
        using PredictionEngine<NumberRow, CountingRow> engine = _context.Model.CreatePredictionEngine<NumberRow, CountingRow>(new CountingTransformer());
        var output = new CountingRow();
        engine.Predict(new NumberRow { Number = 1 }, ref output);
        float[] array = output.First!;

        engine.Predict(new NumberRow { Number = 2 }, ref output);

        Assert.Same(array, output.First);
        Assert.Equal([2f, 2], array);
        Assert.NotSame(array, engine.Predict(new NumberRow()).First);
    }

    [Fact]
    public void Dispose_PredictionEngine_DisposesTheModelUnlessItIsToldNotTo()
    {
        var transformer = new CountingTransformer();

        _context.Model.CreatePredictionEngine<NumberRow, CountingRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();
        Assert.Equal(0, transformer.Disposals);

        _context.Model.CreatePredictionEngine<NumberRow, CountingRow>(transformer).Dispose();
        Assert.Equal(1, transformer.Disposals);
    }

    [Fact]
    public void Load_MarkedExceptionInAComponent_IsFoundInsideAnotherOne()
    {
        var file = new MemoryStream();
        _context.Model.Save(Samples.Zipped, null, file);
        using (var archive = new ZipArchive(file, ZipArchiveMode.Update, leaveOpen: true))
            archive.Entries.Single(entry => entry.FullName.EndsWith("Network", StringComparison.Ordinal)).Delete();
        file.Position = 0;

        var failure = Assert.Throws<InvalidOperationException>(() => _context.Model.Load(file, out _));

        Assert.Equal("Error during class instantiation", failure.Message);
        Assert.Contains("'Network'", failure.GetBaseException().Message);
    }

    /// <summary>So whoever wants its progress in the log writes lines.</summary>
    [Fact]
    public void Log_ProgressChannels_AreNotInIt()
    {
        var lines = new List<string>();
        _context.Log += (_, message) => lines.Add(message.RawMessage);
        IHost host = ((IHostEnvironment)_context).Register("Test");

        using (IProgressChannel progress = host.StartProgressChannel("Progress"))
        {
            progress.SetHeader(new ProgressHeader(["images"]), entry => entry.SetProgress(0, 1));
            progress.Checkpoint(1.0);
        }

        Assert.DoesNotContain(lines, line => line.Contains("Progress", StringComparison.Ordinal));

        using (IChannel channel = host.Start("Channel"))
            channel.Info(MessageSensitivity.None, "A line.");
        Assert.Contains("A line.", lines);
    }

    private sealed class CountingEstimator : IEstimator<ITransformer>
    {
        public int Fits { get; private set; }

        public ITransformer Fit(IDataView input)
        {
            Fits++;
            return new CountingTransformer();
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
    }

    private sealed class CountingRow
    {
        public float[]? First { get; set; }

        public float[]? Second { get; set; }
    }

    /// <summary>Adds three columns of vectors, each twice the number, and counts how often each is asked for.</summary>
    private sealed class CountingTransformer : ITransformer, IDisposable
    {
        public int[] Calls { get; } = new int[3];

        public int Disposals { get; private set; }

        bool ITransformer.IsRowToRowMapper => true;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
        {
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(inputSchema);
            foreach (string name in (string[])["First", "Second", "Third"])
                builder.AddColumn(name, new VectorDataViewType(NumberDataViewType.Single, 2));
            return builder.ToSchema();
        }

        public void Dispose() => Disposals++;

        IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

        public IDataView Transform(IDataView input) => throw new NotSupportedException();

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();

        private sealed class Mapper(CountingTransformer transformer, DataViewSchema input) : IRowToRowMapper
        {
            public DataViewSchema InputSchema => input;

            public DataViewSchema OutputSchema { get; } = transformer.GetOutputSchema(input);

            public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => input;

            public DataViewRow GetRow(DataViewRow row, IEnumerable<DataViewSchema.Column> activeColumns) => new Row(transformer, row, OutputSchema);
        }

        private sealed class Row(CountingTransformer transformer, DataViewRow input, DataViewSchema schema) : DataViewRow
        {
            public override DataViewSchema Schema => schema;

            public override long Position => input.Position;

            public override long Batch => input.Batch;

            public override bool IsColumnActive(DataViewSchema.Column column) => true;

            public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

            public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            {
                if (column.Index < input.Schema.Count)
                    return input.GetGetter<TValue>(column);
                ValueGetter<float> number = input.GetGetter<float>(input.Schema["Number"]);
                ValueGetter<VBuffer<float>> getter = (ref VBuffer<float> value) =>
                {
                    transformer.Calls[column.Index - input.Schema.Count]++;
                    float single = 0;
                    number(ref single);
                    VBufferEditor<float> editor = VBufferEditor.Create(ref value, 2);
                    editor.Values.Fill(single);
                    value = editor.Commit();
                };
                return (ValueGetter<TValue>)(Delegate)getter;
            }
        }
    }
}
