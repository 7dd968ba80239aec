using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>A network that was read from an ONNX file, with what the file says beside it; and the way to write one.</summary>
/// <remarks>
/// Read are classifiers over images [batch, channels, height, width] of fixed size whose operators have layers: convolutions, normalizations, poolings, activations, sums, concatenations and fully
/// connected layers. Numbers that do not depend on the images are computed while the file is read.
/// </remarks>
public sealed class OnnxNetwork
{
    /// <summary>Oldest version of the standard operators that is read.</summary>
    public const int OldestOpset = 7;

    /// <summary>Newest version of the standard operators that is read.</summary>
    public const int NewestOpset = 26;

    private OnnxNetwork(Network network, ModelProto model, IReadOnlyDictionary<string, string> metadata)
    {
        Network = network;
        Opset = (int)model.OpsetImport.First(import => import.Domain is "" or "ai.onnx").Version;
        Producer = $"{model.ProducerName} {model.ProducerVersion}".Trim();
        Metadata = metadata;
        Tasks = OnnxTasks.Read(metadata, network);
    }

    /// <summary>The network; its input and its outputs are called as in the file, or as in the network that was written there with its scores.</summary>
    public Network Network { get; }

    /// <summary>Name of the input that takes the images.</summary>
    public string InputName => Network.Inputs[0].Name;

    /// <summary>What outputs of <see cref="Network"/> mean, if this library wrote the file and was told; empty otherwise.</summary>
    public IReadOnlyList<OnnxTask> Tasks { get; }

    /// <summary>All text that the file carries beside its graph.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Name and version of the program that wrote the file; empty if it does not say.</summary>
    public string Producer { get; }

    /// <summary>Version of the standard operators that the file uses.</summary>
    public int Opset { get; }

    /// <summary>Reads a file, and the weights that it keeps in other files of its folder.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="options">What to read; null for everything as it is.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or holds what cannot become a network: then every such operator is named with its node and the reason.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static OnnxNetwork Load(string path, OnnxImportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Load(stream, path, new ExternalData(path), options);
    }

    /// <summary>Reads a file from a stream.</summary>
    /// <param name="stream">The file, from its beginning to the stream's end; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <param name="options">What to read; null for everything as it is.</param>
    /// <exception cref="InvalidDataException">See <see cref="Load(string, OnnxImportOptions)"/>; also if weights are in other files.</exception>
    public static OnnxNetwork Load(Stream stream, string source, OnnxImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        return Load(stream, source, null, options);
    }

    /// <summary>Writes a network as an ONNX file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="network">The network. Its inputs and outputs keep their names; the number of images stays open.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="options">How to write it; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option does not fit, or the network holds weights that are not finite numbers; the message names the node.</exception>
    /// <exception cref="NotSupportedException">A layer has no ONNX operator; the message names the node.</exception>
    /// <exception cref="InvalidOperationException">The file would be larger than 2 GB.</exception>
    public static void Save(Network network, string path, OnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Build(network, options ?? new OnnxExportOptions()).Save(path);
    }

    /// <summary>Writes a network as an ONNX file to a stream.</summary>
    /// <param name="network">The network. Its inputs and outputs keep their names; the number of images stays open.</param>
    /// <param name="stream">Receives the bytes, the same for the same network and options.</param>
    /// <param name="options">How to write it; null for the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="Save(Network, string, OnnxExportOptions)"/>.</exception>
    /// <exception cref="NotSupportedException">See <see cref="Save(Network, string, OnnxExportOptions)"/>.</exception>
    /// <exception cref="InvalidOperationException">See <see cref="Save(Network, string, OnnxExportOptions)"/>.</exception>
    public static void Save(Network network, Stream stream, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Build(network, options ?? new OnnxExportOptions()).Save(stream);
    }

    private static OnnxModelBuilder Build(Network network, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        CheckTasks(network, options.Tasks);
        var builder = new OnnxModelBuilder(options.Opset);
        string[] inputs = [.. network.Inputs.Select(input => input.Name)];
        builder.Reserve(inputs.Concat(network.Heads.Select(head => head.Name)));
        foreach (Node input in network.Inputs)
            builder.AddInput(input.Name, network.ShapeOf(input));
        IReadOnlyList<string> outputs = OnnxNetworkWriter.Write(builder, network, inputs);
        for (int i = 0; i < outputs.Count; i++)
            builder.AddOutput(network.Heads[i].Name, outputs[i], network.ShapeOf(network.Heads[i].Node));
        if (options.Tasks.Count > 0)
            builder.AddTasks(options.Tasks);
        foreach ((string key, string value) in options.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            builder.AddMetadata(key, value);
        return builder;
    }

    private static void CheckTasks(Network network, IReadOnlyList<OnnxTask> tasks)
    {
        foreach (OnnxTask task in tasks)
        {
            Head head = network.Heads.FirstOrDefault(head => head.Name == task.Output)
                ?? throw new ArgumentException($"The network has no output '{task.Output}' for the task of that name.", nameof(tasks));
            if (!network.ShapeOf(head.Node).SequenceEqual([task.Labels.Count]))
            {
                throw new ArgumentException(
                    $"Task '{task.Output}' has {task.Labels.Count} labels, but its output is of shape {Tensor.FormatShape(network.ShapeOf(head.Node))}.", nameof(tasks));
            }
        }
    }

    private static OnnxNetwork Load(Stream stream, string source, ExternalData? external, OnnxImportOptions? options)
    {
        long length = stream.Length - stream.Position;
        ModelProto model = OnnxFile.Read(stream, source);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (StringStringEntryProto entry in model.MetadataProps)
            metadata[entry.Key] = entry.Value;
        Network network = GraphImporter.Read(model, source, length, external, NetworkBoundary.Find(metadata), options ?? new OnnxImportOptions());
        return new OnnxNetwork(network, model, metadata);
    }
}
