using System.Diagnostics;
using System.Reflection;

namespace ZipIt.TorchSharp.Tests.Native;

/// <summary>What is said where libtorch cannot be loaded.</summary>
public sealed class LibTorchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("libtorch");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Explain_SystemLibraryTooOld_NamesItAndTheVersion()
    {
        const string Message = "Unable to load shared library 'LibTorchSharp' or one of its dependencies.\n"
            + "/usr/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)\n/app/LibTorchSharp: cannot open shared object file\n";
        string explained = LibTorch.Explain(Message, "/app/libtorch_cpu.so");
        Assert.Contains("'/usr/lib/x86_64-linux-gnu/libstdc++.so.6' is too old", explained);
        Assert.Contains("GLIBCXX_3.4.32", explained);
        Assert.Contains("GCC 13", explained);
        Assert.DoesNotContain("package", explained);
    }

    [Fact]
    public void Explain_NoFile_NamesThePackage()
    {
        string explained = LibTorch.Explain("Unable to load shared library 'torch_cpu'", null);
        Assert.Contains("'libtorch-cpu-linux-x64'", explained);
        Assert.DoesNotContain("too old", explained);
    }

    [Fact]
    public void Explain_FileThatFailsOtherwise_TellsWhatTheLoaderSays()
    {
        string explained = LibTorch.Explain("libgomp.so.1: cannot open shared object file", "/app/libtorch_cpu.so");
        Assert.Contains("'/app/libtorch_cpu.so' is there", explained);
        Assert.Contains("libgomp.so.1", explained);
    }

    [Fact]
    public void Load_ApplicationWithoutPackage_SaysSo()
    {
        CopyManagedFiles();
        (int code, string output) = RunHere();
        Assert.Equal(1, code);
        Assert.Contains("the application has no native package of it", output);
    }

    /// <summary>The library as it comes in the package loads on new systems, and is explained on old ones.</summary>
    [Fact]
    public void Load_LibraryThatWasNotFitted_RunsOrNamesTheOldSystemLibrary()
    {
        if (!OperatingSystem.IsLinux())
            return;
        CopyManagedFiles();
        string own = AppContext.BaseDirectory;
        string package = typeof(LibTorchTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == "TorchSharpPackage")
            .Value!;
        string original = Assert.Single(Directory.GetFiles(Path.Combine(package, "runtimes", "linux-x64", "native")));
        foreach (string file in Directory.GetFiles(own, "*.so*").Where(file => Path.GetFileName(file) != Path.GetFileName(original)))
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, Path.GetFileName(file)), file);
        File.Copy(original, Path.Combine(_folder.FullName, Path.GetFileName(original)));

        bool wasFitted = !File.ReadAllBytes(original).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(own, Path.GetFileName(original))));
        (int code, string output) = RunHere();
        Assert.Equal(wasFitted ? 1 : 0, code);
        Assert.Contains(wasFitted ? "is too old. It lacks the version GLIBCXX_3.4.32" : "cpu", output);
    }

    [Fact]
    public void OutputFolder_HoldsNativesOfOnePlatformAlone()
    {
        string[] files = [.. Directory.GetFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file))];
        string extension = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        Assert.Single(files, file => Path.GetFileNameWithoutExtension(file) is "libtorch_cpu" or "torch_cpu");
        Assert.Single(files, file => Path.GetFileNameWithoutExtension(file) is "libLibTorchSharp" or "LibTorchSharp");
        Assert.DoesNotContain(files, file => Path.GetExtension(file) is ".so" or ".dylib" && Path.GetExtension(file) != extension);
        Assert.False(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "runtimes")));
    }

    private void CopyManagedFiles()
    {
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Concat(Directory.GetFiles(AppContext.BaseDirectory, "*.runtimeconfig.json")))
        {
            if (!Path.GetFileName(file).Contains("torch_", StringComparison.Ordinal) && Path.GetFileName(file) != "LibTorchSharp.dll")
                File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }
    }

    /// <summary>Runs the tests' own program in another folder.</summary>
    private (int Code, string Output) RunHere()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(_folder.FullName, Path.GetFileName(typeof(LibTorchTests).Assembly.Location))])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
