using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Gives extension methods the environment of the catalogue that they extend.</summary>
[BestFriend]
internal static class CatalogUtils
{
    /// <summary>The environment of a catalogue.</summary>
    public static IHostEnvironment GetEnvironment(this IInternalCatalog catalog) => Contracts.CheckRef(catalog, nameof(catalog)).Environment;
}
