using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// The tensors of a checkpoint by name, in the order of the file, together with the name of the file for messages.
/// </summary>
public sealed class StateDictionary : IReadOnlyDictionary<string, Tensor>
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Gathers tensors.</summary>
    /// <param name="source">Where they come from (a file's path), for messages.</param>
    /// <param name="tensors">The tensors with their names, which must be distinct.</param>
    /// <param name="metadata">Text that the file carries beside its tensors; null for none.</param>
    /// <exception cref="InvalidDataException">Two tensors share a name.</exception>
    public StateDictionary(string source, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(tensors);
        Source = source;
        Metadata = metadata ?? ReadOnlyDictionary<string, string>.Empty;
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (!_tensors.TryAdd(name, tensor))
                throw new InvalidDataException($"'{source}' holds two tensors called '{NameList.Shorten(name)}'.");
        }
    }

    /// <summary>Key of the metadata under which <see cref="FromNetwork"/> keeps the layer that normalizes pixels.</summary>
    public const string NormalizationKey = "zipit.normalization";

    /// <summary>The tensors of a network, named as in a PyTorch module: <c>conv1.weight</c>, <c>bn1.running_mean</c> …, with the counters of batch normalization at 0.</summary>
    /// <param name="network">The network, zipped or not.</param>
    /// <remarks>
    /// A layer that only normalizes the image is no part of the module that was trained; it stands in the metadata, under <see cref="NormalizationKey"/>, as JSON:
    /// <c>{"scale": [...], "shift": [...]}</c>, a factor and a summand for each channel of pixels. What the layers are and how they are connected is not stored: <see cref="NetworkFile"/> does that.
    /// </remarks>
    public static StateDictionary FromNetwork(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var tensors = new List<KeyValuePair<string, Tensor>>();
        foreach (Node node in network.Nodes)
        {
            if (node is { Layer: ChannelAffine affine, Inputs: [{ Layer: Input }] } && metadata.TryAdd(NormalizationKey, Describe(affine)))
                continue;
            foreach (LayerParameter parameter in node.Layer.Parameters.Where(parameter => parameter.Value is not null))
                tensors.Add(KeyValuePair.Create($"{node.Name}.{parameter.Name}", parameter.Value!));
            if (node.Layer is BatchNorm2d)
                tensors.Add(KeyValuePair.Create($"{node.Name}.num_batches_tracked", new Tensor()));
        }

        return new StateDictionary("the network", tensors, metadata);
    }

    /// <summary>Where the tensors come from (a file's path), for messages.</summary>
    public string Source { get; }

    /// <summary>Text that the file carries beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public int Count => _tensors.Count;

    /// <summary>The names in the order of the file.</summary>
    public IEnumerable<string> Keys => _tensors.Keys;

    /// <summary>The tensors in the order of the file.</summary>
    public IEnumerable<Tensor> Values => _tensors.Values;

    /// <summary>The tensor of a given name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names the file and some of the tensors that it has.</exception>
    public Tensor this[string key] => TryGetValue(key, out Tensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"'{Source}' has no tensor '{key}'; it has {DescribeNames()}.");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _tensors.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value) => _tensors.TryGetValue(key, out value);

    /// <summary>Makes sure that every value of every tensor is a finite number.</summary>
    /// <exception cref="InvalidDataException">Some are not; the message names the file and the tensors.</exception>
    public void CheckFinite()
    {
        List<string> broken = [.. _tensors.Where(pair => !pair.Value.IsFinite()).Select(pair => pair.Key)];
        if (broken.Count > 0)
            throw new InvalidDataException($"'{Source}' holds values that are not finite numbers in {NameList.Format(broken)}.");
    }

    /// <summary>The same tensors without the prefixes that wrappers such as <c>DataParallel</c> put before every name (<c>module.</c>,
    /// <c>_orig_mod.</c>).</summary>
    public StateDictionary WithoutWrapperPrefixes()
    {
        int length = 0;
        while (FindWrapperPrefix(length) is { } prefix)
            length += prefix.Length;
        return length == 0
            ? this
            : new StateDictionary(Source, _tensors.Select(pair => KeyValuePair.Create(pair.Key[length..], pair.Value)), Metadata);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal string DescribeNames() => _tensors.Count == 0 ? "none" : NameList.Format(_tensors.Keys);

    private static string Describe(ChannelAffine affine) =>
        $$"""{"scale": [{{Join(affine.Scale)}}], "shift": [{{Join(affine.Shift)}}]}""";

    private static string Join(Tensor values) => string.Join(", ", values.Span.ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture)));

    private string? FindWrapperPrefix(int start)
    {
        if (_tensors.Count == 0)
            return null;
        foreach (string prefix in (ReadOnlySpan<string>)["module.", "_orig_mod."])
        {
            if (_tensors.Keys.All(name => name.AsSpan(start).StartsWith(prefix, StringComparison.Ordinal) && name.Length > start + prefix.Length))
                return prefix;
        }

        return null;
    }
}
