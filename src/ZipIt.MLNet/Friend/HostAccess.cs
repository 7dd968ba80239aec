using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Friend;

/// <summary>The environment behind ML.NET's catalogs.</summary>
internal static class HostAccess
{
    public static IHostEnvironment GetEnvironment(TransformsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

    public static IHostEnvironment GetEnvironment(MulticlassClassificationCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

    /// <summary>The seed that the <see cref="MLContext"/> was made with; null if there was none.</summary>
    public static int? FindSeed(IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.Seed;
}
