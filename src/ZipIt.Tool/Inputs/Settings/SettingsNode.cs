namespace ZipIt.Tool.Inputs;

/// <summary>A value of a settings file, with the place where it stands.</summary>
/// <param name="Place">Where it begins.</param>
internal abstract record SettingsNode(SettingsPlace Place)
{
    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}
