using System.Text;
using ZipIt.Networks;

namespace ZipIt.Tool.HtmlReport;

/// <summary>Writes reports as one HTML file that needs nothing else: no script, no font, no image from elsewhere.</summary>
internal static class ReportWriter
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a page. An existing file is replaced only when the new one is complete.</summary>
    /// <param name="document">What it says.</param>
    /// <param name="path">Path of the file.</param>
    public static void Write(ReportDocument document, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(document);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, Encoding, leaveOpen: true);
            Write(document, writer);
        });
    }

    /// <summary>Writes a page: the same characters for the same document.</summary>
    /// <param name="document">What it says.</param>
    /// <param name="writer">Receives the page.</param>
    public static void Write(ReportDocument document, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(writer);
        ReportPage.Write(document, writer);
    }
}
