using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Friend;

/// <summary>The environment behind ML.NET's catalogs: where all use of this library through a catalog begins.</summary>
internal static class HostAccess
{
    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static IHostEnvironment GetEnvironment(TransformsCatalog catalog)
    {
        FriendMembers.Check();
        return Find(catalog);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static IHostEnvironment Find(TransformsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);
    }

    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static IHostEnvironment GetEnvironment(MulticlassClassificationCatalog catalog)
    {
        FriendMembers.Check();
        return Find(catalog);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static IHostEnvironment Find(MulticlassClassificationCatalog catalog) => CatalogUtils.GetEnvironment(catalog);
    }

    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static IHostEnvironment GetEnvironment(MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog)
    {
        FriendMembers.Check();
        return Find(catalog);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static IHostEnvironment Find(MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog) => CatalogUtils.GetEnvironment(catalog);
    }

    /// <summary>The number of the GPU that the <see cref="MLContext"/> asks for, if it does, and whether the CPU may take its place.</summary>
    /// <exception cref="NotSupportedException">This version of ML.NET lacks a member that the library needs.</exception>
    public static (int? Number, bool FallsBackToCpu) FindGpu(IHostEnvironment environment)
    {
        FriendMembers.Check();
        return Find(environment);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (int? Number, bool FallsBackToCpu) Find(IHostEnvironment environment) =>
            environment is IHostEnvironmentInternal host ? (host.GpuDeviceId, host.FallbackToCpu) : (null, true);
    }

    /// <summary>The seed that the <see cref="MLContext"/> was made with; null if there was none.</summary>
    public static int? FindSeed(IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.Seed;

    /// <summary>Whether the <see cref="MLContext"/> was told to stop all work.</summary>
    public static bool IsCanceled(IHostEnvironment environment) => environment is ICancelable { IsCanceled: true };
}
