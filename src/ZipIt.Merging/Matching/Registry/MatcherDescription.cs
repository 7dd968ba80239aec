namespace ZipIt.Merging;

/// <summary>A matcher of the library, as a command line or a report shows it and makes it. Each matcher describes itself, beside its parameters.</summary>
public sealed class MatcherDescription
{
    private readonly Func<MatcherArguments, IMatcher> _create;

    private MatcherDescription(Type type, string name, string summary, string reference, IReadOnlyList<MatcherParameter> parameters,
        Func<MatcherArguments, IMatcher> create)
    {
        (MatcherType, Name, Summary, Reference, Parameters, _create) = (type, name, summary, reference, parameters, create);
    }

    /// <summary>Name on a command line: lower-case words with hyphens between them.</summary>
    public string Name { get; }

    /// <summary>What it does, as a sentence.</summary>
    public string Summary { get; }

    /// <summary>Where the method comes from: authors, title, place and year.</summary>
    public string Reference { get; }

    /// <summary>Its parameters with their defaults; empty if it has none.</summary>
    public IReadOnlyList<MatcherParameter> Parameters { get; }

    /// <summary>The matcher itself.</summary>
    public Type MatcherType { get; }

    /// <summary>Whether it goes by the networks' weights alone, without images.</summary>
    public bool IsDataFree => MatcherType.IsAssignableTo(typeof(IWeightMatcher));

    /// <summary>Makes the matcher.</summary>
    /// <param name="values">Values of parameters by their names, as text; null for none. Those that are not named keep their defaults.</param>
    /// <exception cref="FormatException">A value belongs to no parameter, or is none of its values; the message says what it may be.</exception>
    public IMatcher Create(IReadOnlyDictionary<string, string>? values = null) =>
        _create(new MatcherArguments(this, values ?? new Dictionary<string, string>()));

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Summary}";

    /// <summary>Begins a description.</summary>
    /// <param name="create">Makes the matcher of the values of its parameters.</param>
    /// <param name="name">Name on a command line.</param>
    /// <param name="summary">What it does.</param>
    /// <param name="reference">Where it comes from.</param>
    /// <param name="parameters">Its parameters.</param>
    internal static MatcherDescription Of<T>(string name, string summary, string reference, Func<MatcherArguments, T> create,
        params MatcherParameter[] parameters)
        where T : IMatcher => new(typeof(T), name, summary, reference, parameters, arguments => create(arguments));
}
