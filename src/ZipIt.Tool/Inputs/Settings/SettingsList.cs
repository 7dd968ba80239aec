namespace ZipIt.Tool.Inputs;

/// <summary>Values one after the other.</summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Items">The values.</param>
internal sealed record SettingsList(SettingsPlace Place, IReadOnlyList<SettingsNode> Items) : SettingsNode(Place)
{
    /// <inheritdoc/>
    public override string Kind => $"a list of {Items.Count}";
}
