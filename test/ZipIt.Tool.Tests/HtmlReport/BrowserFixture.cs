using ZipIt.TestFramework;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

/// <summary>One browser for all tests of a class, started by the first that needs it, and a folder of reports to open.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit-pages-");
    private HeadlessBrowser? _browser;
    private int _pages;

    /// <summary>A path for a page, of a name that needs escaping.</summary>
    internal string NextPath() => Path.Combine(_folder.FullName, $"report {++_pages}.html");

    /// <summary>Writes a report and opens it.</summary>
    internal Task<BrowserPage> OpenAsync(ReportDocument document, int width, bool isDark)
    {
        string path = NextPath();
        ReportWriter.Write(document, path);
        return OpenAsync(path, width, isDark);
    }

    /// <summary>Opens a page.</summary>
    internal async Task<BrowserPage> OpenAsync(string path, int width, bool isDark)
    {
        _browser ??= await HeadlessBrowser.StartAsync(HeadlessBrowser.FindExecutable()!);
        return await _browser.OpenAsync(new Uri(path), width, 900, isDark);
    }

    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
