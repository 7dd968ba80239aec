using System.Diagnostics;

namespace ZipIt.MLNet.Tests;

/// <summary>Runs the <c>dotnet</c> command as a user would, who knows nothing of the test run around it.</summary>
internal static class DotNet
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Runs a command to its end.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it has written.</returns>
    /// <exception cref="InvalidOperationException">It has failed; the message holds what it has written.</exception>
    public static string Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // A test run tells its children which MSBuild they are part of.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"'dotnet {string.Join(' ', arguments)}' takes longer than {Longest}.");
        }

        string text = output.Result + errors.Result;
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"'dotnet {string.Join(' ', arguments)}' ended with {process.ExitCode}: {text}");
    }
}
