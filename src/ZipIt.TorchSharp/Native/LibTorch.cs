using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TorchSharp;

namespace ZipIt.TorchSharp;

/// <summary>
/// The native library behind TorchSharp, which the application brings. TorchSharp reports every failure to load it as a missing package, and may copy half a
/// gigabyte before it does; so the library is loaded here first, and the failure is read.
/// </summary>
internal static partial class LibTorch
{
    private static readonly Lock Lock = new();
    private static bool _isLoaded;

    /// <summary>Loads libtorch, once per process.</summary>
    /// <exception cref="NotSupportedException">
    /// It cannot be loaded; the message says whether its package is missing, or a library of the system is too old.
    /// </exception>
    public static void Load()
    {
        lock (Lock)
        {
            if (_isLoaded)
                return;
            Assembly owner = typeof(torch).Assembly;
            try
            {
                if (!IsInPackageFolder(owner))
                {
                    NativeLibrary.Load("torch_cpu", owner, null);
                    NativeLibrary.Load("LibTorchSharp", owner, null);
                }
            }
            catch (DllNotFoundException failure)
            {
                throw new NotSupportedException(Explain(failure.Message, FindFile()), failure);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
            _isLoaded = true;
        }
    }

    /// <summary>What to tell of a failure.</summary>
    /// <param name="message">What the system's loader says.</param>
    /// <param name="file">Path of the library if the application has it.</param>
    internal static string Explain(string message, string? file)
    {
        const string Failure = "libtorch cannot be loaded";
        if (MissingVersion().Match(message) is { Success: true } match)
        {
            string version = match.Groups["version"].Value;
            string origin = version == "GLIBCXX_3.4.32" ? " (of GCC 13: Debian 13, Ubuntu 24.04, or newer)" : "";
            return $"{Failure}: the system's library '{match.Groups["library"].Value}' is too old. It lacks the version {version}{origin}, which "
                + $"'{Path.GetFileName(match.Groups["user"].Value)}' needs. Run on a newer system.";
        }

        return file is null
            ? $"{Failure}: the application has no native package of it. Reference the one for its platform, e.g. 'libtorch-cpu-linux-x64', in the version that "
                + $"goes with TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(2)}."
            : $"{Failure}, though '{file}' is there. {message}";
    }

    /// <summary>In notebooks, TorchSharp runs from its package and finds libtorch's package by itself.</summary>
    private static bool IsInPackageFolder(Assembly assembly) => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(assembly.Location))) == "lib";

    private static string? FindFile()
    {
        string name = OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        string searched = $"{AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")}";
        return searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    [GeneratedRegex(@"(?<library>[^\s:]+): version [`'](?<version>[^']+)' not found \(required by (?<user>[^)]+)\)")]
    private static partial Regex MissingVersion();
}
