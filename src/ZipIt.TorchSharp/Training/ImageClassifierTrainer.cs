using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.MLNet.Friend;
using ZipIt.Networks;
using ZipIt.TorchSharp.Friend;

namespace ZipIt.TorchSharp;

/// <summary>Trains an image classifier on labelled images, with libtorch.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Trainer Characteristics
/// |  |  |
/// | -- | -- |
/// | Machine learning task | Multiclass classification |
/// | Is normalization required? | No; pixels of 0–255 are normalized by the network's first layer |
/// | Is caching required? | No; images are read once and kept, with one byte per value |
/// | Input column data type | Known-sized vector of <xref:System.Single>, planar pixels of 0–255 as `ExtractPixels` gives them |
/// | Label column data type | [key](xref:Microsoft.ML.Data.KeyDataViewType), as `MapValueToKey` gives it |
/// | Required NuGet in addition to Microsoft.ML | ZipIt.TorchSharp, and libtorch for the platform, e.g. `libtorch-cpu-linux-x64` |
/// | Exportable to ONNX | Yes |
///
/// The result is a <xref:ZipIt.MLNet.ZipTransformer> of one task: it scores with the embedded engine, without libtorch, is stored by `mlContext.Model.Save`,
/// and
/// <xref:ZipIt.MLNet.ZipClassifier.FromTransformer*> makes it one of the classifiers that are zipped.
///
/// The device is that of the context: `GpuDeviceId`, and the CPU if there is no such GPU and `FallbackToCpu` allows it.
/// ]]></format>
/// </remarks>
/// <seealso cref="TorchSharpCatalog.ImageClassifier(MulticlassClassificationCatalog.MulticlassClassificationTrainers, Options)"/>
public sealed partial class ImageClassifierTrainer : IEstimator<ZipTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly torch.Device _device;

    /// <summary>Checks the options.</summary>
    internal ImageClassifierTrainer(IHostEnvironment env, Options options)
    {
        ArgumentNullException.ThrowIfNull(env);
        _host = env.Register(nameof(ImageClassifierTrainer));
        try
        {
            ArgumentNullException.ThrowIfNull(options);
            _options = options.Clone();
            _options.Check();
            LibTorch.Load();
            _device = DeviceChoice.Choose(_host);
        }
        catch (Exception invalid)
        {
            _host.Process(invalid);
            throw;
        }
    }

    /// <summary>Trains a classifier from the beginning.</summary>
    /// <param name="input">Labelled images.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="ArgumentException">The architecture cannot take images of that size, or the prototypes do not fit the classes.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than two images, a row cannot be read, or the training diverges.</exception>
    /// <exception cref="OperationCanceledException">The cancellation token of the options was set, or the context was stopped.</exception>
    public ZipTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains a classifier on from where an earlier training has ended.</summary>
    /// <param name="input">Labelled images of the same classes.</param>
    /// <param name="initialModel">
    /// The trained classifier, fitted or loaded; null to begin anew. The architecture, normalization and prototypes of the options do not count.
    /// </param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public ZipTransformer Fit(IDataView input, ZipTransformer? initialModel)
    {
        if (input is null)
            throw _host.Process(new ArgumentNullException(nameof(input)));
        using IChannel channel = _host.Start("Training");
        using var cancellation = new ContextCancellation(_host, _options.CancellationToken);
        try
        {
            (int[] shape, string[] labels) = ReadSchema(input.Schema, initialModel);
            int seed = _options.Seed ?? HostAccess.FindSeed(_host) ?? 1;
            (Network network, ClassificationTask task) = initialModel is null ? Begin(shape, labels, seed) : GoOn(initialModel, labels);
            TrainingImages images = ReadImages(channel, input, shape, "training", cancellation.Token);
            TrainingImages? validation = _options.ValidationSet is { } set ? ReadImages(channel, set, shape, "validation", cancellation.Token) : null;
            var log = new FitLog(channel);
            string what = initialModel is null ? $"{_options.Architecture}" : "the given network";
            log.Write($"Training {what} on {images.Count} images of {labels.Length} classes, on {_device}.");
            using var training = new ImageTraining(network, task, _options, seed, _device);
            var augmentation = new ImageAugmentation(_options.HorizontalFlip, _options.CropPadding, FindNeutralPixels(network));
            Network trained = training.Run(images, validation, augmentation, new Report(log, _options.Progress), cancellation.Token);
            return CreateTransformer(trained, task);
        }
        catch (OperationCanceledException) when (cancellation.Token.IsCancellationRequested)
        {
            throw _host.Process(cancellation.ToException());
        }
        catch (Exception failure)
        {
            _host.Process(failure);
            throw;
        }
    }

    /// <summary>What the transformer will add to a schema.</summary>
    /// <param name="inputSchema">Shape of the input's schema.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        PixelColumn.Check(_host, inputSchema, _options.InputColumnName);
        SchemaShape.Column[] found = [.. inputSchema.Where(column => column.Name == _options.LabelColumnName)];
        if (found.Length == 0)
            throw Missing(_options.LabelColumnName);
        if (found[^1] is { IsKey: true, Kind: SchemaShape.Column.VectorKind.Scalar })
        {
            // The names of the classes are not known yet, nor are they needed.
            var task = ClassificationTask.FromScores(_options.TaskName, ["class"]);
            return OutputShapes.AddTo(inputSchema, new OutputColumns(_options.OutputColumnNamePrefix, [task]));
        }

        throw Mismatch(_options.LabelColumnName, $"{found[^1].ItemType}");
    }

    private (int[] Shape, string[] Labels) ReadSchema(DataViewSchema schema, ZipTransformer? initialModel)
    {
        int[] shape = initialModel is { } model ? model.Network.ShapeOf(model.Network.Inputs[0]).ToArray() : FindShape(schema);
        PixelColumn.Find(_host, schema, _options.InputColumnName, shape);
        DataViewSchema.Column label = FindLabel(schema);
        int classes = checked((int)((KeyDataViewType)label.Type).Count);
        if (label.Annotations.Schema.GetColumnOrNull(OutputColumns.KeyValues)?.Type is not VectorDataViewType { ItemType: TextDataViewType })
            return (shape, [.. Enumerable.Range(1, classes).Select(number => $"{number}")]);
        VBuffer<ReadOnlyMemory<char>> values = default;
        label.Annotations.GetValue(OutputColumns.KeyValues, ref values);
        return (shape, [.. values.DenseValues().Select(value => value.ToString())]);
    }

    private int[] FindShape(DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(_options.InputColumnName) is not { } column)
            throw Missing(_options.InputColumnName);
        int[] dimensions = column.Type is VectorDataViewType { IsKnownSize: true } vector ? [.. vector.Dimensions] : [];
        if (_options.ImageSize is { } size && size.Height > 0 && size.Width > 0)
            return [Math.Max(dimensions.Aggregate(1, (product, extent) => product * extent) / (size.Height * size.Width), 1), size.Height, size.Width];
        return dimensions.Length == 3
            ? dimensions
            : throw new ArgumentException(
                $"The type of the pixel column '{_options.InputColumnName}', {column.Type}, does not tell the size of the images; set {nameof(Options.ImageSize)}.",
                nameof(Options.ImageSize));
    }

    private DataViewSchema.Column FindLabel(DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(_options.LabelColumnName) is not { } label)
            throw Missing(_options.LabelColumnName);
        return label.Type is KeyDataViewType ? label : throw Mismatch(label.Name, $"{label.Type}");
    }

    private (Network Network, ClassificationTask Task) Begin(int[] shape, string[] labels, int seed)
    {
        ClassificationTask task = _options.Prototypes is { } prototypes
            ? ClassificationTask.FromPrototypes(_options.TaskName, labels, prototypes.Vectors, prototypes.Scale)
            : ClassificationTask.FromScores(_options.TaskName, labels);
        Network network = _options.Architecture.Create(
            seed, shape[0], new Size2(shape[1], shape[2]), task.OutputLength, _options.Normalization ?? CreateNormalization(shape[0]), _options.TaskName);
        return (network, task);
    }

    private static (Network Network, ClassificationTask Task) GoOn(ZipTransformer model, string[] labels)
    {
        if (model.Tasks is not [var task])
            throw new ArgumentException($"Expected a classifier of one task to train on, found {model.Tasks.Count}.", nameof(model));
        if (!task.Labels.SequenceEqual(labels))
        {
            throw new ArgumentException(
                $"The given classifier knows the classes {NameList.Format([.. task.Labels])}, in this order; the label column's keys are {NameList.Format(labels)}. "
                + $"Make the column with {nameof(ZipCatalog.MapLabelToKey)} and the classifier's labels.",
                nameof(model));
        }

        return (model.Network, task);
    }

    /// <summary>The same for every classifier, so that their first layers can be shared.</summary>
    private static ChannelAffine CreateNormalization(int channels) => channels == 3
        ? ChannelAffine.FromNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        : ChannelAffine.FromNormalization([.. Enumerable.Repeat(0.45, channels)], [.. Enumerable.Repeat(0.225, channels)]);

    private TrainingImages ReadImages(IChannel channel, IDataView data, int[] shape, string what, CancellationToken cancellation)
    {
        DataViewSchema.Column pixels = PixelColumn.Find(_host, data.Schema, _options.InputColumnName, shape);
        TrainingImages images = TrainingImages.Read(_host, data, pixels, FindLabel(data.Schema), shape, cancellation);
        if (images.Skipped > 0)
            channel.Warning(MessageSensitivity.None, $"{images.Skipped} {what} images have no label, or values that are no pixels, and were left out.");
        return images.Count >= 2 ? images : throw new InvalidOperationException($"Expected at least two {what} images with labels, found {images.Count}.");
    }

    /// <summary>Pixels that the network's first layer makes zeros: what an image is padded with.</summary>
    private static float[] FindNeutralPixels(Network network)
    {
        int channels = network.ShapeOf(network.Inputs[0])[0];
        return network.Nodes.FirstOrDefault(node => node.Layer is ChannelAffine && node.Inputs[0].Layer is Input)?.Layer is ChannelAffine first
            ? [.. Enumerable.Range(0, channels).Select(c => first.Scale.Span[c] == 0 ? 0 : -first.Shift.Span[c] / first.Scale.Span[c])]
            : new float[channels];
    }

    private ZipTransformer CreateTransformer(Network network, ClassificationTask task) => new(
        _host,
        new ScoringModel(network, [task], JointScoring.Softmax, false, _options.Engine ?? new CpuEngine(), ZipEstimator.Options.Defaults.BatchSize, 0),
        _options.InputColumnName,
        _options.OutputColumnNamePrefix,
        null);

    private ArgumentOutOfRangeException Missing(string name) =>
        _host.Process(new ArgumentOutOfRangeException("inputSchema", $"Could not find input column '{name}'"));

    private ArgumentOutOfRangeException Mismatch(string name, string found) => _host.Process(new ArgumentOutOfRangeException(
        "inputSchema", $"Schema mismatch for label column '{name}': expected a key, got {found}. Make one with MapValueToKey."));

    /// <summary>Tells the log and the caller.</summary>
    private sealed class Report(FitLog log, IProgress<ImageTrainingProgress>? caller) : IProgress<ImageTrainingProgress>
    {
        void IProgress<ImageTrainingProgress>.Report(ImageTrainingProgress value)
        {
            if (value.IsEpochFinished)
                log.Write($"{value}.");
            caller?.Report(value);
        }
    }
}
