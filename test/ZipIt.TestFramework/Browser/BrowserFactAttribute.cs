using Xunit;

namespace ZipIt.TestFramework;

/// <summary>A test that needs a browser; where none is installed it is reported as skipped.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    /// <summary>Looks for a browser.</summary>
    public BrowserFactAttribute()
    {
        if (HeadlessBrowser.FindExecutable() is null)
            Skip = "No Chromium or Chrome that runs is on the path of this machine, so nothing was opened in a browser. Debian's package is 'chromium'.";
    }
}
