using System.Collections.ObjectModel;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.MLNet.Friend;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet;

/// <summary>
/// A multi-task image classifier: the network that <see cref="ZipEstimator"/> has merged. It is immutable, and any number of data views and prediction engines
/// can use it at the same time.
/// </summary>
/// <remarks>
/// Data views are scored in batches: a cursor reads the rows of a batch ahead, and the other columns that are asked for wait until their row comes (in at most
/// 64 MiB, or one row), so that every row keeps its own scores even if the data gives its rows in another order each time. A prediction engine runs the network
/// once per row. Both give the same scores, bit for bit.
/// <para>
/// Each pass over a scored view runs the network anew. Where the scores are read again and again, as by a trainer, cache them:
/// <c>AppendCacheCheckpoint(mlContext)</c> in a pipeline, or <c>mlContext.Data.Cache(scored, "Score", …)</c> with the names of all columns that are needed.
/// </para>
/// <para>
/// Keys and scores count classes in the order of <see cref="Labels"/>. ML.NET's <c>Evaluate</c> compares the keys of a label column with the scores by number,
/// not by name: make the column with <see cref="ZipCatalog.MapLabelToKey"/> and not with <c>MapValueToKey</c>, or measure with
/// <see cref="ZipCatalog.EvaluateZip"/>.
/// </para>
/// </remarks>
public sealed class ZipTransformer : ITransformer
{
    private readonly IHost _host;
    private readonly ScoringModel _model;
    private readonly OutputColumns _outputs;
    private volatile bool _hasWarned;

    internal ZipTransformer(IHostEnvironment env, ScoringModel model, string inputColumnName, string outputColumnNamePrefix, ZipReport? report)
    {
        _host = env.Register(nameof(ZipTransformer));
        _model = model;
        _outputs = new OutputColumns(outputColumnNamePrefix, model.Scorer.Tasks);
        (InputColumnName, OutputColumnNamePrefix, Report) = (inputColumnName, outputColumnNamePrefix, report);
    }

    /// <summary>The merged network: pixels [channels, height, width] → one output for each task, of that task's name.</summary>
    public Network Network => _model.Network;

    /// <summary>The tasks, in the order of their classes in the scores.</summary>
    public IReadOnlyList<ClassificationTask> Tasks => _model.Scorer.Tasks;

    /// <summary>Labels of all classes, in the order of the scores; a class that several tasks know is one of them.</summary>
    public IReadOnlyList<string> Labels => _model.Scorer.Labels;

    /// <summary>How the classes of several tasks are compared with each other.</summary>
    public JointScoring JointScoring => _model.Scorer.Scoring;

    /// <summary>Whether tasks may know the same class; see <see cref="ZipEstimator.Options.SharedLabels"/>.</summary>
    public bool SharedLabels => _model.Scorer.SharedLabels;

    /// <summary>Name of the pixel column.</summary>
    public string InputColumnName { get; }

    /// <summary>What the names of all output columns begin with.</summary>
    public string OutputColumnNamePrefix { get; }

    /// <summary>What was merged, how well it fitted and what it costs; null if nothing was merged. It is stored with the model.</summary>
    public ZipReport? Report { get; }

    bool ITransformer.IsRowToRowMapper => true;

    internal ScoringModel Model => _model;

    /// <summary>The same model, run by another engine.</summary>
    /// <param name="engine">What runs the network; it is not stored in the model.</param>
    /// <param name="batchSize">Number of rows that are scored together; null for the present one.</param>
    /// <param name="numberOfThreads">Number of threads; 0 for one per processor, null for the present number.</param>
    /// <exception cref="ArgumentOutOfRangeException">Batch size or number of threads is out of range.</exception>
    public ZipTransformer WithEngine(INetworkEngine engine, int? batchSize = null, int? numberOfThreads = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var options = new ZipEstimator.Options { BatchSize = batchSize ?? _model.BatchSize, NumberOfThreads = numberOfThreads ?? _model.Threads };
        options.Check();
        var model = new ScoringModel(Network, Tasks, JointScoring, SharedLabels, engine, options.BatchSize, options.NumberOfThreads);
        return new ZipTransformer(_host, model, InputColumnName, OutputColumnNamePrefix, Report);
    }

    /// <summary>The schema of <see cref="Transform"/>'s result.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel column is missing, or has another type or size than the network takes.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the predictions. Nothing is read until the result is.</summary>
    /// <param name="input">Data with the pixel column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel column is missing, or has another type or size than the network takes.</exception>
    public IDataView Transform(IDataView input)
    {
        if (input is null)
            throw _host.Process(new ArgumentNullException(nameof(input)));
        ScoringBinding binding = Bind(input.Schema);
        if (!_hasWarned)
            _hasWarned = LabelOrder.Check(_host, input.Schema, _outputs);
        return new ScoredDataTransform(binding, input, this);
    }

    /// <summary>
    /// Writes the model as an ONNX file, which takes pixels as <see cref="InputColumnName"/> [batch, channels, height, width], normalized inside, and gives the
    /// columns <c>Score</c> and <c>&lt;Task&gt;.Score</c> [batch, classes]. Labels, and how tasks are scored, are in the file's metadata. An existing file is replaced only when the new
    /// one is complete.
    /// </summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="metadata">More text to store beside the graph; null for none.</param>
    /// <remarks>
    /// <see cref="OnnxNetwork.Load(string, OnnxImportOptions)"/> gives the network back, bit for bit. To export a whole pipeline, with predicted labels, use
    /// <c>mlContext.Model.ConvertToOnnx</c>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The pixel column is called like one of the score columns, or the file would be larger than 2 GB.</exception>
    /// <exception cref="ArgumentException">The metadata have a key that the file itself uses.</exception>
    public void ToOnnx(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        BuildOnnx(metadata).Save(path);
    }

    /// <summary>Writes the model as an ONNX file to a stream; see <see cref="ToOnnx(string, IReadOnlyDictionary{string, string})"/>.</summary>
    /// <param name="stream">Receives the bytes, the same for the same model.</param>
    /// <param name="metadata">More text to store beside the graph; null for none.</param>
    /// <exception cref="InvalidOperationException">See <see cref="ToOnnx(string, IReadOnlyDictionary{string, string})"/>.</exception>
    /// <exception cref="ArgumentException">The metadata have a key that the file itself uses.</exception>
    public void ToOnnx(Stream stream, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        BuildOnnx(metadata).Save(stream);
    }

    /// <summary>
    /// Writes the weights of the merged network, named as in a PyTorch module (<see cref="StateDictionary.FromNetwork"/>): a safetensors file, with tasks and
    /// labels in its metadata under
    /// <c>zipit.tasks</c> as in an ONNX file, or a file of TorchSharp's <c>Module.load</c>. An existing file is replaced only when the new one is complete.
    /// </summary>
    /// <param name="path">Path of the file; its extension, <c>.safetensors</c> or <c>.dat</c>, says the format.</param>
    /// <exception cref="ArgumentException">The name has another extension.</exception>
    public void ToCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Checkpoint.Save(path, ToWeights());
    }

    /// <summary>The weights of the merged network, with tasks and labels in the metadata.</summary>
    internal StateDictionary ToWeights()
    {
        StateDictionary weights = StateDictionary.FromNetwork(Network);
        return new StateDictionary(weights.Source, weights, new Dictionary<string, string>(weights.Metadata)
        {
            [OnnxTasks.Key] = OnnxTasks.Write([.. Tasks.Select(task => new OnnxTask(task.Name, task.Labels))]),
        });
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new ScoringMapper(Bind(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        if (ctx is null)
            throw _host.Process(new ArgumentNullException(nameof(ctx)));
        ZipModelFile.Save(ctx, this);
    }

    private OnnxModelBuilder BuildOnnx(IReadOnlyDictionary<string, string>? metadata)
    {
        if (_outputs.Groups.FirstOrDefault(group => group.ScoreColumn == InputColumnName) is { } clash)
            throw new InvalidOperationException($"The pixels and a score are both called '{clash.ScoreColumn}', but an ONNX file has one value of a name.");
        OnnxModelBuilder builder = ScoredModelFile.Build(_model, InputColumnName, _outputs);
        ScoredModelFile.AddDescription(builder, this);
        foreach ((string key, string value) in (metadata ?? ReadOnlyDictionary<string, string>.Empty).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            builder.AddMetadata(key, value);
        return builder;
    }

    private ScoringBinding Bind(DataViewSchema inputSchema) => new(_host, inputSchema, InputColumnName, _outputs, _model);
}
