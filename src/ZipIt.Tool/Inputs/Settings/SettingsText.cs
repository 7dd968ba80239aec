namespace ZipIt.Tool.Inputs;

/// <summary>A single value: a text, a number, true or false; or nothing.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Value">The text, unquoted; null for nothing (<c>null</c>, <c>~</c> or an empty place).</param>
internal sealed record SettingsText(SettingsPlace Place, string? Value) : SettingsNode(Place)
{
    /// <inheritdoc/>
    public override string Kind => Value is null ? "nothing" : $"'{(Value.Length <= 80 ? Value : Value[..80] + "…")}'";
}
