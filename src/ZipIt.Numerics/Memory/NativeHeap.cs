using System.Runtime.InteropServices;

namespace ZipIt.Numerics;

/// <summary>The heap of the C library, from which unmanaged memory comes.</summary>
internal static unsafe class NativeHeap
{
    private static readonly delegate* unmanaged<nuint, int> _trim = Find();

    /// <summary>
    /// Gives the system what has been freed. Glibc keeps pieces below 32 MiB, once larger ones than its first threshold have been freed, for as long as there is
    /// anything behind them; other C libraries and systems need not be told.
    /// </summary>
    public static void Trim()
    {
        if (_trim is not null)
            _trim(0);
    }

    private static delegate* unmanaged<nuint, int> Find() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out nint address)
            ? (delegate* unmanaged<nuint, int>)address
            : null;
}
