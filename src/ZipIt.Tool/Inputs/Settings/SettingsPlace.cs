namespace ZipIt.Tool.Inputs;

/// <summary>A place in a settings file.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Line">Line, from 1.</param>
internal readonly record struct SettingsPlace(string File, int Line)
{
    /// <summary>An error about what stands there.</summary>
    /// <param name="message">A sentence.</param>
    /// <param name="cause">What it comes from, if anything.</param>
    public InvalidDataException Error(string message, Exception? cause = null) => new($"{this}: {message}", cause);

    /// <inheritdoc/>
    public override string ToString() => $"'{File}', line {Line}";
}
