namespace ZipIt.Networks;

/// <summary>A text out of a pickle. It is hashed once, however often it names an entry or a storage; the reader makes equal long texts one object.</summary>
internal sealed class PickleText(string value) : IEquatable<PickleText>
{
    private readonly int _hash = string.GetHashCode(value);

    public string Value { get; } = value;

    public bool Equals(PickleText? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && string.Equals(Value, other.Value, StringComparison.Ordinal));

    public override bool Equals(object? obj) => Equals(obj as PickleText);

    public override int GetHashCode() => _hash;
}
