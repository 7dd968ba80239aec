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
        : this(source, tensors, metadata, null)
    {
    }

    internal StateDictionary(
        string source, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata, IReadOnlyDictionary<string,
        string>? unreadable)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(tensors);
        Source = source;
        Metadata = metadata ?? ReadOnlyDictionary<string, string>.Empty;
        Unreadable = unreadable ?? ReadOnlyDictionary<string, string>.Empty;
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (!_tensors.TryAdd(name, tensor))
                throw new InvalidDataException($"'{source}' holds two tensors called '{NameList.Shorten(name)}'.");
        }
    }

    /// <summary>Key of the metadata under which <see cref="FromNetwork"/> keeps the layer that normalizes pixels.</summary>
    public const string NormalizationKey = "zipit.normalization";

    /// <summary>
    /// The tensors of a network, named as in a PyTorch module: <c>conv1.weight</c>, <c>bn1.running_mean</c> …, with the counters of batch normalization at 0.
    /// </summary>
    /// <param name="network">The network, zipped or not.</param>
    /// <remarks>
    /// A layer that only normalizes the image is no part of the module that was trained; it stands in the metadata, under <see cref="NormalizationKey"/>, as
    /// JSON:
    /// <c>{"scale": [...], "shift": [...]}</c>, a factor and a summand for each channel of pixels. What the layers are and how they are connected is not
    /// stored: <see cref="NetworkFile"/> does that.
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

    /// <summary>What a tensor is called in the file, where an architecture has translated its name; the same otherwise.</summary>
    internal Func<string, string> NameInFile { get; init; } = name => name;

    /// <summary>
    /// Tensors of the file whose values cannot be read, by name, and what they are (<c>a quantized tensor</c>). They are not among the others.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Unreadable { get; }

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

    /// <summary>
    /// The same tensors without what wrappers put into every name: <c>module.</c> (<c>DataParallel</c>, also around a part of the network, and averaged
    /// models),
    /// <c>_orig_mod.</c> (<c>torch.compile</c>), <c>model.</c> (Lightning). Counters, which are single numbers, need not have the prefix.
    /// </summary>
    public StateDictionary WithoutWrapperPrefixes()
    {
        const int MostWrappers = 8;
        const int LongestName = 4096;
        if (AllNames.Any(name => name.Length > LongestName))
            return this;
        StateDictionary current = this;
        for (int i = 0; i < MostWrappers; i++)
        {
            if ((current.RemoveInserted() ?? current.RemovePrefix() ?? current.RemoveInner()) is not { } next)
                break;
            current = next;
        }

        return current;
    }

    /// <summary>The tensors whose names begin with a prefix and a dot, without both; none if there are none.</summary>
    internal StateDictionary Within(string prefix)
    {
        string start = prefix + ".";
        return Rename(name => name.Length > start.Length && name.StartsWith(start, StringComparison.Ordinal) ? name[start.Length..] : null)!;
    }

    /// <summary>The tensors whose names begin with what was asked for.</summary>
    /// <param name="entry">The beginning of the names; null for all tensors.</param>
    /// <exception cref="InvalidDataException">No name begins so.</exception>
    internal StateDictionary Choose(string? entry)
    {
        if (entry is null)
            return this;
        StateDictionary chosen = Within(entry);
        return chosen.Count > 0
            ? chosen.WithoutWrapperPrefixes()
            : throw new InvalidDataException($"'{Source}' holds no dictionary '{NameList.Shorten(entry)}' of weights, and no tensor whose name begins with it; it has {DescribeNames()}.");
    }

    /// <summary>The same tensors under other names; those without one are left out.</summary>
    /// <returns>Null if two would share a name.</returns>
    internal StateDictionary? Rename(Func<string, string?> rename)
    {
        var tensors = new Dictionary<string, Tensor>(_tensors.Count, StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in _tensors)
        {
            if (rename(name) is { } renamed && !tensors.TryAdd(renamed, tensor))
                return null;
        }

        var unreadable = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string kind) in Unreadable)
        {
            if (rename(name) is { } renamed && !unreadable.TryAdd(renamed, kind))
                return null;
        }

        return new StateDictionary(Source, tensors, Metadata, unreadable);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal string DescribeNames() => _tensors.Count == 0 ? "none" : NameList.Format(_tensors.Keys);

    private static string Describe(ChannelAffine affine) =>
        $$"""{"scale": [{{Join(affine.Scale)}}], "shift": [{{Join(affine.Shift)}}]}""";

    private static string Join(Tensor values) => string.Join(", ", values.Span.ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Takes out what <c>torch.compile</c> and others put in wherever they were applied, and nobody else writes; null if there is nothing.</summary>
    private StateDictionary? RemoveInserted()
    {
        string[] inserted = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];
        string[] found = [.. inserted.Where(part => AllNames.Any(name => name.Contains(part, StringComparison.Ordinal)))];
        return found.Length == 0 ? null : Rename(name => found.Aggregate(name, (left, part) => left.Replace(part, "", StringComparison.Ordinal)));
    }

    /// <summary>Takes off what every tensor's name but those of counters begins with; null if it is no known prefix.</summary>
    private StateDictionary? RemovePrefix()
    {
        foreach (string prefix in (ReadOnlySpan<string>)["module.", "model."])
        {
            bool HasPrefix(string name) => name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal);
            if (AllNames.Any(HasPrefix) && _tensors.All(pair => pair.Value.Rank == 0 && pair.Key.Length > 0 || HasPrefix(pair.Key))
                && Unreadable.Keys.All(HasPrefix))
                return Rename(name => HasPrefix(name) ? name[prefix.Length..] : name);
        }

        return null;
    }

    /// <summary>Takes <c>module.</c> out where a part of the network was wrapped, as in <c>features.module.0.weight</c>; null if none was.</summary>
    private StateDictionary? RemoveInner()
    {
        const string Wrapper = ".module.";
        const int LongestName = 512;
        var parts = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in AllNames)
        {
            int place = name.Length > LongestName ? -1 : name.IndexOf(Wrapper, StringComparison.Ordinal);
            if (place > 0 && place + Wrapper.Length < name.Length)
                parts.Add(name[..(place + 1)]);
        }

        if (parts.Count == 0)
            return null;

        // A part that has anything else beside "module" was not wrapped: "module" is a name of its own there.
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = parts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (string name in AllNames)
        {
            for (int dot = name.IndexOf('.'); dot >= 0 && dot < LongestName; dot = name.IndexOf('.', dot + 1))
            {
                if (!name.AsSpan(dot).StartsWith(Wrapper, StringComparison.Ordinal))
                    lookup.Remove(name.AsSpan(0, dot + 1));
            }
        }

        return parts.Count == 0 ? null : Rename(name =>
        {
            int place = name.Length > LongestName ? -1 : name.IndexOf(Wrapper, StringComparison.Ordinal);
            return place > 0 && lookup.Contains(name.AsSpan(0, place + 1)) ? name.Remove(place + 1, Wrapper.Length - 1) : name;
        });
    }

    private IEnumerable<string> AllNames => _tensors.Keys.Concat(Unreadable.Keys);
}
