namespace Microsoft.ML;

/// <summary>
/// The full names of the real assemblies, which model files store. A stand-in is not signed, but is found under them all the same, because the
/// runtime looks at name and version only.
/// </summary>
internal static class AssemblyNames
{
    public const string Data = "Microsoft.ML.Data, " + Identity;

    public const string ImageAnalytics = "Microsoft.ML.ImageAnalytics, " + Identity;

    private const string Identity = "Version=1.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51";
}
